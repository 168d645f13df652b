COMMENT ON TABLE thing IS 'sample';
