-- The request of http_empty.sh: an authenticated POST with an empty object.
wrk.method = "POST"
wrk.body = "{}"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("HABITUE_KEY")
