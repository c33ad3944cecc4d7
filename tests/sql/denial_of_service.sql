-- Statements that would take the machine for themselves; each under its name. `messages` has ten thousand rows.
-- Those marked ! are tried by every run of the tests, all of them by the slow ones.

-- ! a string of two billion letters
select lpad('x', 2000000000, 'y');
-- two billion letters for each row
select sum(length(lpad(body, 2000000000, 'y'))) from messages;
-- ! one scalar call that no engine limit interrupts
select list_sort(list_transform(range(100000000), lambda x: hash(x)));
-- a reduction over a hundred million
select list_reduce(range(100000000), lambda x, y: (x + y) % 7);
-- ! a sleep
select sleep_ms(10000000000);
-- a sleep for each row
select count(sleep_ms(1000)) from messages;
-- ! a cross join that counts
select count(*) from range(1000000000) a, range(1000000000) b;
-- a cross join of the rows five times
select count(*) from messages a, messages b, messages c, messages d, messages e where a.body < b.body;
-- a cross join that sorts
select a.body, b.body from messages a, messages b order by hash(a.body || b.body);
-- ! a recursion without an end
with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n;
-- a recursion that doubles
with recursive n(i) as (select 1 union all select i + 1 from n, range(2)) select count(*) from n;
-- a recursion of growing strings
with recursive n(s) as (select 'x' union all select s || s from n) select max(length(s)) from n;
-- a recursion of growing lists
with recursive n(l) as (select [1] union all select list_concat(l, l) from n) select max(len(l)) from n;
-- ! more rows than anybody reads
select * from range(300000000);
-- more bytes than anybody reads
select repeat('x', 1000000) from range(1000000);
-- rows without columns worth the name
select null from range(100000000000);
-- a sorted answer of everything
select * from range(1000000000) order by hash(range) desc;
-- ! one string of everything
select length(string_agg(repeat('x', 1000000), '')) from range(100000);
-- doubling by replace
select length(replace(replace(replace(repeat('x', 1000), 'x', repeat('x', 1000)), 'x', repeat('x', 1000)), 'x', 'yy'));
-- ! a bomb of unnest
select count(*) from (select unnest(range(100000)) from range(100000)), range(1000);
-- unnest within unnest
select sum(x) from (select unnest(l) x from (select range(1000000) l from range(100000)));
-- generated series crossed
select count(distinct a.a * b.b) from generate_series(1, 100000) a(a), generate_series(1, 100000) b(b);
-- ! groups without number
select count(*) from (select hash(range), count(*) from range(3000000000) group by 1);
-- distinct without number
select count(distinct hash(range)) from range(3000000000);
-- a list of all groups
select list(distinct range) from range(1000000000);
-- a histogram of everything
select histogram(range) from range(1000000000);
-- a hash join that explodes
select count(*) from (select range % 2 k from range(10000000)) a join (select range % 2 k from range(10000000)) b using (k);
-- a join by inequality
select count(*) from range(10000000) a join range(10000000) b on a.range < b.range and hash(a.range) < hash(b.range);
-- a window over everything
select max(s) from (select sum(range) over (order by hash(range) rows between 1000000 preceding and current row) s from range(100000000));
-- medians of sliding windows
select max(m) from (select median(range) over (order by range rows between 100000 preceding and 100000 following) m from range(10000000));
-- an expression that a regular expression repeats
select count(*) from messages where regexp_matches(repeat(body, 100000), '(a|b|m|0|1|2){1,500}(x+x+)+y');
-- replaced by a regular expression without an end
select length(regexp_replace(repeat('a', 50000000), 'a*?', 'bb', 'g'));
-- all pieces of a string
select len(regexp_extract_all(repeat('ab', 100000000), '.'));
-- an edit distance of long strings
select levenshtein(repeat('ab', 200000), repeat('ba', 200000));
-- a similarity of long strings
select jaro_winkler_similarity(repeat('ab', 500000), repeat('ba', 500000));
-- a large number raised
select product(range + 1.5), sum(power(range, 10)) from range(10000000000);
-- a factorial for each row
select sum(factorial((range % 33)::int)) from range(100000000000);
-- JSON that grows
select length(json_group_array(body)) from messages, range(1000000);
-- a structure from everything
select map_from_entries(list((range, range))) from range(100000000);
-- bits without number
select bit_count(repeat('1', 2000000000)::bit);
-- a table of its own
create table mine as select range r, repeat('x', 100) s from range(1000000000);
-- a pivot of everything
pivot (select range k, range v from range(100000)) on k using sum(v);
-- a thousand columns for each of a million rows
select columns(*), columns(*), columns(*), columns(*) from messages a, messages b, messages c order by hash(a.body || c.body);
-- samples of too much
select * from range(100000000000) using sample reservoir(50000000 rows);
-- quantiles kept exactly
select quantile_cont(hash(range), [0.1, 0.5, 0.9]) from range(2000000000);
