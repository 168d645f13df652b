// SPDX-License-Identifier: Apache-2.0
// price_test.c - laws of event_price and order_without.
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct world world;
static uint64_t state = 7;

static int64_t draw(int64_t below)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((state >> 33) % (uint64_t)below);
}

static int begin(void **unused)
{
    (void)unused;
    world_init(&world);
    world_program(&world, STR("{\"excluded\":{\"skus\":[\"POST\",\"gift_*\"],"
                              "\"categories\":[\"tobacco\"]}}"));
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    world_release(&world);
    return 0;
}

static struct order *order_of(size_t n)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct order *order = ARENA_NEW(&world.arena, struct order);
    assert_true(n <= 8);
    order->lines = arena_new(&world.arena, (n + 1) * sizeof *order->lines);
    order->n_lines = n;
    for (size_t i = 0; i < n; i++)
        order->lines[i] =
            (struct order_line){.id = str_of(ids[i]), .quantity = 1, .unit_amount = 100};
    return order;
}

static enum err price(struct order *order)
{
    return event_price(&world.arena, order, world.program);
}

static struct order *random_order(void)
{
    struct order *order = order_of(1 + (size_t)draw(8));
    int64_t sum = 0;
    for (size_t i = 0; i < order->n_lines; i++) {
        struct order_line *line = &order->lines[i];
        line->quantity = 1 + draw(5);
        line->unit_amount = draw(3) ? draw(5000) : draw(3);
        line->discount = draw(line->quantity * line->unit_amount + 1) / 2;
        line->gift_card = draw(6) == 0;
        line->sku = draw(6) ? STR("x") : STR("gift_1");
        sum += line->quantity * line->unit_amount - line->discount;
    }
    order->discount = draw(sum + 1) / (1 + draw(3));
    order->shipping = draw(500);
    order->tax = draw(sum - order->discount + order->shipping + 1);
    order->tendered = draw(sum - order->discount + order->shipping + 1);
    return order;
}

static void test_lines_sum_to_the_order(void **unused)
{
    (void)unused;
    for (int run = 0; run < 2000; run++) {
        struct order *order = random_order();
        assert_int_equal(price(order), OK);
        int64_t gross = 0, net = 0, tax = 0, tender = 0, paid = 0, discounts = order->discount;
        for (size_t i = 0; i < order->n_lines; i++) {
            const struct order_line *line = &order->lines[i];
            assert_true(line->net >= 0 && line->net <= line->gross - line->discount);
            assert_true(line->tax >= 0 && line->tax <= line->net);
            assert_true(line->tender >= 0 && line->tender <= line->net);
            assert_int_equal(line->paid, line->eligible ? line->net - line->tender : 0);
            gross += line->gross;
            net += line->net;
            tax += line->tax;
            tender += line->tender;
            paid += line->paid;
            discounts += line->discount;
        }
        assert_int_equal(gross, order->gross);
        assert_int_equal(net, order->net);
        assert_int_equal(paid, order->paid);
        assert_int_equal(gross - net, discounts);
        assert_int_equal(tax, order->tax < net ? order->tax : net);
        assert_int_equal(tender, order->tendered < net ? order->tendered : net);
    }
}

static void test_discounts_fall_on_lines_by_largest_remainder(void **unused)
{
    (void)unused;
    struct order *order = order_of(3);
    order->discount = 100;
    assert_int_equal(price(order), OK);
    assert_int_equal(order->lines[0].net, 66);
    assert_int_equal(order->lines[1].net, 67);
    assert_int_equal(order->lines[2].net, 67);
}

static void test_what_never_earns_is_not_eligible(void **unused)
{
    (void)unused;
    struct order *order = order_of(6);
    order->lines[0].gift_card = true;
    order->lines[1].reward = true;
    order->lines[2].sku = STR("POST");
    order->lines[3].sku = STR("gift_0001");
    order->lines[4].category = STR("tobacco");
    order->lines[5].sku = STR("POSTER");
    assert_int_equal(price(order), OK);
    for (size_t i = 0; i < 5; i++)
        assert_false(order->lines[i].eligible);
    assert_true(order->lines[5].eligible);
    assert_int_equal(order->paid, 100);
    assert_int_equal(order->net, 600);
}

static enum err price_with(void (*spoil)(struct order *))
{
    struct order *order = order_of(2);
    spoil(order);
    return price(order);
}

static void no_quantity(struct order *order)
{
    order->lines[1].quantity = 0;
}
static void negative_amount(struct order *order)
{
    order->lines[0].unit_amount = -1;
}
static void negative_discount(struct order *order)
{
    order->lines[0].discount = -1;
}
static void discount_above_line(struct order *order)
{
    order->lines[0].discount = 101;
}
static void discount_above_order(struct order *order)
{
    order->discount = 201;
}
static void negative_tax(struct order *order)
{
    order->tax = -1;
}
static void tax_above_order(struct order *order)
{
    order->tax = 201;
}
static void tender_above_order(struct order *order)
{
    order->shipping = 10;
    order->tendered = 211;
}
static void huge_quantity(struct order *order)
{
    order->lines[0].quantity = INT64_MAX;
}
static void huge_sum(struct order *order)
{
    order->lines[0].unit_amount = order->lines[1].unit_amount = AMOUNT_MAX;
}

static void test_amounts_that_cannot_be_are_refused(void **unused)
{
    (void)unused;
    assert_int_equal(price_with(no_quantity), ERR_INPUT_INVALID);
    assert_int_equal(price_with(negative_amount), ERR_INPUT_INVALID);
    assert_int_equal(price_with(negative_discount), ERR_INPUT_INVALID);
    assert_int_equal(price_with(discount_above_line), ERR_INPUT_INVALID);
    assert_int_equal(price_with(discount_above_order), ERR_INPUT_INVALID);
    assert_int_equal(price_with(negative_tax), ERR_INPUT_INVALID);
    assert_int_equal(price_with(tax_above_order), ERR_INPUT_INVALID);
    assert_int_equal(price_with(tender_above_order), ERR_INPUT_INVALID);
    assert_int_equal(price_with(huge_quantity), ERR_OUT_OF_RANGE);
    assert_int_equal(price_with(huge_sum), ERR_OUT_OF_RANGE);
}

// ---- returns

static struct order *without(const struct order *order, size_t line, int64_t quantity)
{
    struct returned returned = {order->lines[line].id, quantity};
    struct order *left;
    assert_int_equal(order_without(&world.arena, order, &returned, quantity > 0, &left), OK);
    return left;
}

static const struct order_line *line_of(const struct order *order, struct str id)
{
    for (size_t i = 0; i < order->n_lines; i++) {
        if (str_eq(order->lines[i].id, id))
            return &order->lines[i];
    }
    return NULL;
}

static void test_nothing_returned_changes_nothing(void **unused)
{
    (void)unused;
    for (int run = 0; run < 300; run++) {
        struct order *order = random_order();
        assert_int_equal(price(order), OK);
        struct order *left = without(order, 0, 0);
        assert_int_equal(left->n_lines, order->n_lines);
        assert_int_equal(left->gross, order->gross);
        assert_int_equal(left->net, order->net);
        assert_int_equal(left->paid, order->paid);
        assert_int_equal(left->tax, order->tax);
        assert_int_equal(left->tendered, order->tendered);
    }
}

static void test_each_piece_returned_makes_its_line_worth_less_and_no_other(void **unused)
{
    (void)unused;
    for (int run = 0; run < 500; run++) {
        struct order *order = random_order();
        assert_int_equal(price(order), OK);
        size_t which = (size_t)draw((int64_t)order->n_lines);
        const struct order_line *before = &order->lines[which];
        struct order_line last = *before;
        for (int64_t quantity = 1; quantity <= before->quantity; quantity++) {
            struct order *left = without(order, which, quantity);
            const struct order_line *line = line_of(left, before->id);
            static const struct order_line nothing;
            if (!line)
                line = &nothing;
            assert_int_equal(line->quantity, before->quantity - quantity);
            assert_true(line->net <= last.net && line->paid <= last.paid);
            assert_true(line->net >= 0 && line->paid >= 0 && line->tax >= 0);
            assert_true(line->tender >= 0 && line->tender <= line->net);
            // The kept share of the net, exact but for the rounding of the discount.
            int64_t exact = before->net * line->quantity;
            assert_true(line->net * before->quantity >= exact);
            assert_true((line->net - 1) * before->quantity < exact);
            last = *line;
            assert_int_equal(left->net - line->net, order->net - before->net);
            assert_int_equal(left->paid - line->paid, order->paid - before->paid);
        }
        assert_null(line_of(without(order, which, before->quantity), before->id));
    }
}

static void test_returns_that_cannot_be_are_refused(void **unused)
{
    (void)unused;
    struct order *order = order_of(2), *left = NULL;
    order->lines[0].quantity = 3;
    assert_int_equal(price(order), OK);
    struct returned more[] = {{STR("a"), 2}, {STR("a"), 2}};
    struct returned none[] = {{STR("a"), 0}};
    struct returned unknown[] = {{STR("z"), 1}};
    struct returned huge[] = {{STR("a"), INT64_MAX}, {STR("a"), INT64_MAX}};
    struct arena *arena = &world.arena;
    assert_int_equal(order_without(arena, order, more, 2, &left), ERR_REFUND_EXCEEDS_ORDER);
    assert_int_equal(order_without(arena, order, none, 1, &left), ERR_INPUT_INVALID);
    assert_int_equal(order_without(arena, order, unknown, 1, &left), ERR_NOT_FOUND);
    assert_int_equal(order_without(arena, order, huge, 2, &left), ERR_INPUT_INVALID);
    assert_null(left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_sum_to_the_order),
        cmocka_unit_test(test_discounts_fall_on_lines_by_largest_remainder),
        cmocka_unit_test(test_what_never_earns_is_not_eligible),
        cmocka_unit_test(test_amounts_that_cannot_be_are_refused),
        cmocka_unit_test(test_nothing_returned_changes_nothing),
        cmocka_unit_test(test_each_piece_returned_makes_its_line_worth_less_and_no_other),
        cmocka_unit_test(test_returns_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
