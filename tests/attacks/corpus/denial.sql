--# statements that want everything: bounded, and silent about what is hidden
SELECT count(*) FROM range(1000000000) a, range(1000000000) b

SELECT * FROM range(300000000)

SELECT lpad('x', 2000000000, 'y')

SELECT length(repeat('x', 4000000000))

SELECT list_sort(list_transform(range(100000000), lambda x: x % 7))

SELECT sleep_ms(10000000000)

SELECT pg_sleep(100000)

WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r

SELECT string_agg(a::VARCHAR || b::VARCHAR, '') FROM range(100000) t(a), range(100000) u(b)

SELECT count(DISTINCT a * 1000003 + b) FROM range(100000) t(a), range(100000) u(b)

SELECT * FROM {messages} a, {messages} b, {messages} c, {messages} d ORDER BY random()

SELECT unnest(range(1000000000))

SELECT regexp_matches(repeat('a', 100000), '(a+)+$')

SELECT list_reduce(range(100000000), lambda x, y: x + y)

SELECT factorial(33), 10::HUGEINT ** 38

SELECT histogram(i) FROM range(1000000000) t(i)
