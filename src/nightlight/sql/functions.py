"""The engine's functions, each reviewed: those a query may call, by topic, and those it may not, with the reason.

A name in neither list is refused; a test fails when the installed engine has one, so that an upgrade means a review.
Allowed is what only computes from its arguments (and the clock, and chance). Time and memory are the worker's matter,
except for functions whose only use is to spend them."""

from types import MappingProxyType


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARITHMETIC = _names("+ - * / // % ** ^ & | << >> ~ @ ! !__postfix add subtract multiply divide mod fmod fdiv xor")
COMPARISONS = frozenset({"=", "==", "!=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"})
PATTERNS = _names("~~ !~~ ~~* !~~* ~~~ ^@ ||")
LIST_OPERATORS = _names("&& @> <@ <-> <=> ->>")
NUMBERS = _names("""
    abs acos acosh asin asinh atan atan2 atanh bin binom bit_count bit_length bit_position bitstring cbrt ceil ceiling
    cos cosh cot degrees even exp factorial floor gamma gcd get_bit greatest_common_divisor isfinite isinf isnan lcm
    least_common_multiple lgamma ln log log10 log2 nextafter pi pow power radians random round round_even roundbankers
    set_bit sign signbit sin sinh sqrt tan tanh trunc
""")
CHOICES = _names("coalesce greatest if ifnull least nullif switch")
TEXT = _names("""
    array_extract ascii base64 bar char_length character_length chr concat concat_ws contains damerau_levenshtein decode
    editdist3 encode ends_with format formatreadabledecimalsize formatreadablesize format_bytes from_base64 from_binary
    from_hex hamming hex instr jaccard jaro_similarity jaro_winkler_similarity lcase left left_grapheme len length
    length_grapheme levenshtein lower lpad ltrim mismatches nfc_normalize octet_length ord overlay parse_dirname
    parse_dirpath parse_filename parse_formatted_bytes parse_path path_join position prefix printf regexp_escape
    regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array
    regexp_split_to_table replace reverse right right_grapheme rpad rtrim split split_part starts_with str_split
    str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos substr substring
    substring_grapheme suffix to_base to_base64 to_binary to_hex translate trim ucase unbin unhex unicode upper
    url_decode url_encode
""")
FINGERPRINTS = _names("""
    gen_random_uuid hash md5 md5_number md5_number_lower md5_number_upper sha1 sha256 uuid uuid_extract_timestamp
    uuid_extract_version uuidv4 uuidv7
""")
DATES = _names("""
    age ago century current_date current_localtime current_localtimestamp date_add date_diff date_part date_sub
    date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear days_in_month decade epoch
    epoch_ms epoch_ns epoch_us era get_current_time get_current_timestamp hour isodow isoyear julian last_day make_date
    make_time make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz microsecond millennium millisecond
    minute month monthname nanosecond normalized_interval now quarter second strftime strptime time_bucket timezone
    timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia to_milliseconds
    to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today transaction_timestamp try_strptime
    week weekday weekofyear year yearweek
""")
LISTS = _names("""
    aggregate apply array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains
    array_cosine_distance array_cosine_similarity array_cross_product array_distance array_distinct array_dot_product
    array_filter array_grade_up array_has array_has_all array_has_any array_indexof array_inner_product array_intersect
    array_length array_negative_dot_product array_negative_inner_product array_pop_back array_pop_front array_position
    array_prepend array_push_back array_push_front array_reduce array_reverse array_reverse_sort array_select
    array_slice array_sort array_to_string array_to_string_comma_default array_transform array_unique array_value
    array_where array_zip element_at filter flatten generate_series generate_subscripts grade_up list_aggr
    list_aggregate list_any_value list_append list_apply list_approx_count_distinct list_avg list_bit_and list_bit_or
    list_bit_xor list_bool_and list_bool_or list_cat list_concat list_contains list_cosine_distance
    list_cosine_similarity list_count list_distance list_distinct list_dot_product list_element list_entropy
    list_extract list_filter list_first list_grade_up list_has list_has_all list_has_any list_histogram list_indexof
    list_inner_product list_intersect list_kurtosis list_kurtosis_pop list_last list_mad list_max list_median list_min
    list_mode list_negative_dot_product list_negative_inner_product list_pack list_position list_prepend list_product
    list_reduce list_reverse list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop
    list_stddev_samp list_string_agg list_sum list_transform list_unique list_value list_var_pop list_var_samp
    list_where list_zip range reduce unnest
""")
STRUCTS_AND_MAPS = _names("""
    cardinality enum_code enum_first enum_last enum_range enum_range_boundary map map_concat map_contains
    map_contains_entry map_contains_value map_entries map_extract map_extract_value map_from_entries map_keys map_values
    row struct_concat struct_contains struct_extract struct_extract_at struct_has struct_indexof struct_insert
    struct_keys struct_pack struct_position struct_update struct_values typeof union_extract union_tag union_value
""")
JSON = _names("""
    array_to_json from_json from_json_strict json json_array json_array_length json_contains json_deep_merge json_exists
    json_extract json_extract_path json_extract_path_text json_extract_string json_group_array json_group_object
    json_group_structure json_insert json_keys json_merge_patch json_merge_patch_diff json_normalize json_object
    json_pretty json_quote json_remove json_replace json_set json_strip_nulls json_structure json_transform
    json_transform_strict json_type json_valid json_value row_to_json to_json
""")
AGGREGATES = _names("""
    any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last
    arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and
    bool_or corr count count_if count_star countif covar_pop covar_samp entropy equi_width_bins favg first fsum geomean
    geometric_mean group_concat histogram histogram_exact is_histogram_other_bin kahan_sum kurtosis kurtosis_pop last
    list listagg lttb mad max max_by mean median min min_by mode percentile_cont percentile_disc product quantile
    quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp string_agg sum sumkahan var_pop var_samp
    variance wavg weighted_avg
""")
WINDOWS = _names("""
    cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank rank_dense row_number
""")

CHANGING = _names("""
    age ago current_date current_localtime current_localtimestamp current_time current_timestamp gen_random_uuid
    get_current_time get_current_timestamp localtime localtimestamp now random reservoir_quantile today
    transaction_timestamp uuid uuidv4 uuidv7
""")
"""The clock and chance: what a query with one of these gives, it gives once."""

ALLOWED = frozenset().union(
    *(ARITHMETIC, COMPARISONS, PATTERNS, LIST_OPERATORS, NUMBERS, CHOICES, TEXT, FINGERPRINTS, DATES),
    *(LISTS, STRUCTS_AND_MAPS, JSON, AGGREGATES, WINDOWS),
)
ALLOWED_TABLES = _names("generate_series range unnest")
"""What may stand in FROM. Nothing else: the rest reads files, settings, names, or runs SQL."""

FILES, STATE, SQL = "reads files", "reads or changes the engine's state", "runs SQL"
HIDDEN, SPEAKS, SPENDS = "tells hidden names", "puts text of its own into errors and logs", "only spends time or memory"
INTERNAL, UNUSED = "is internal to the engine", "handles a kind of value that no table here has"

REFUSED = MappingProxyType(
    dict.fromkeys(_names("glob sniff_csv summary"), FILES)
    | dict.fromkeys(
        _names("""
            add_parquet_key checkpoint collations copy_database create_external_resource current_catalog
            current_connection_id current_database current_query current_query_id current_role current_schema
            current_schemas current_setting current_transaction_id current_user currval database_list database_size
            deregister_external_resource destroy_external_resource disable_checkpoint_on_shutdown disable_logging
            disable_object_cache disable_optimizer disable_print_progress_bar disable_profile disable_profiling
            disable_progress_bar disable_verification disable_verify_parallelism enable_checkpoint_on_shutdown
            enable_logging enable_object_cache enable_optimizer enable_print_progress_bar enable_profile
            enable_profiling enable_progress_bar enable_verification extension_versions force_checkpoint
            get_block_size getenv getvariable icu_calendar_names import_database metadata_info nextval platform
            register_external_resource register_external_resource_type session_user setseed setval stats storage_info
            truncate_duckdb_logs txid_current user user_agent verify_parallelism version which_secret
        """),
        STATE,
    )
    | dict.fromkeys(
        _names("""
            json_deserialize_sql json_execute_serialized_sql json_serialize_plan json_serialize_sql
            python_map_function query query_table
        """),
        SQL,
    )
    | dict.fromkeys(
        _names("""
            col_description format_pg_type format_type functions histogram_values in_search_path map_to_pg_oid
            obj_description shobj_description show show_databases show_tables show_tables_expanded table_info
        """),
        HIDDEN,
    )
    | dict.fromkeys(_names("assert_true error write_log"), SPEAKS)
    | dict.fromkeys(
        _names("array_resize list_resize repeat repeat_row sleep sleep_ms test_all_types test_vector_types"), SPENDS
    )
    | dict.fromkeys(
        _names("""
            alias arrow_scan arrow_scan_dumb bitstring_byte_comparable can_cast_implicitly cast_to_type combine
            combine_aggr constant_or_null create_sort_key decimal_average decimal_division finalize get_type
            hive_partition_component icu_sort_key ilike_escape index_key invoke json_copy_strftime_if_date
            json_copy_strftime_if_timestamp json_each json_tree like_escape make_type not_ilike_escape not_like_escape
            pandas_scan parse_duckdb_log_message python_arrow_scan remap_struct replace_type seq_scan sum_no_overflow
            timetz_byte_comparable to_aggregate_state unpivot_list vector_type
        """),
        INTERNAL,
    )
    | dict.fromkeys(_names("variant_group_array variant_group_object vertex_extract"), UNUSED)
)
REFUSED_FAMILIES = MappingProxyType(
    {
        "__": INTERNAL,
        "collate_": INTERNAL,
        "icu_collate_": INTERNAL,
        "duckdb_": STATE,
        "pragma_": STATE,
        "inet_": STATE,
        "has_": HIDDEN,
        "pg_": HIDDEN,
        "parquet_": FILES,
        "read_": FILES,
        "st_": UNUSED,
        "variant_": UNUSED,
    }
)
"""Prefixes of refused names: only refusing may go by prefix."""

INSTEAD = MappingProxyType(
    {
        "ilike_escape": "write ILIKE without ESCAPE, or regexp_matches()",
        "like_escape": "write LIKE without ESCAPE, or regexp_matches()",
        "not_ilike_escape": "write NOT ILIKE without ESCAPE, or regexp_matches()",
        "not_like_escape": "write NOT LIKE without ESCAPE, or regexp_matches()",
        "json_each": "write unnest(json_keys(..)) or from_json(..)",
        "pg_typeof": "write typeof()",
        "repeat": "write rpad() or bar()",
    }
)


def refusal(name: str) -> str | None:
    """Why a function may not be called: None when it may, "is not known" when nobody reviewed it."""
    if name in ALLOWED:
        return None
    if name in REFUSED:
        return REFUSED[name]
    return next((why for prefix, why in REFUSED_FAMILIES.items() if name.startswith(prefix)), "is not known")
