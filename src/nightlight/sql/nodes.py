"""The engine's syntax nodes that a query may be made of: which fields each has, and which words may stand in them.

What is not here is refused: a node, a field or a word that a newer engine brings waits for its review."""

from types import MappingProxyType

_PLACE = "type alias query_location query_location_length"
_SOURCE = f"{_PLACE} sample"
_EXPRESSION = f"{_PLACE} class"


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUERIES = MappingProxyType(
    {
        "SELECT_NODE": _fields(
            "type modifiers cte_map select_list from_table where_clause group_expressions group_sets"
            " aggregate_handling having sample qualify"
        ),
        "SET_OPERATION_NODE": _fields("type modifiers cte_map setop_type left right setop_all children"),
        "RECURSIVE_CTE_NODE": _fields("type modifiers cte_map cte_name union_all left right aliases key_targets"),
    }
)
SOURCES = MappingProxyType(
    {
        "BASE_TABLE": _fields(
            f"{_SOURCE} schema_name table_name column_name_alias catalog_name at_clause qualified_name"
        ),
        "SUBQUERY": _fields(f"{_SOURCE} subquery column_name_alias"),
        "JOIN": _fields(
            f"{_SOURCE} left right condition join_type ref_type using_columns delim_flipped"
            " duplicate_eliminated_columns is_implicit ranking_expression nearest_count nearest_order_type"
            " nearest_approx"
        ),
        "TABLE_FUNCTION": _fields(f"{_SOURCE} function column_name_alias with_ordinality"),
        "EXPRESSION_LIST": _fields(f"{_SOURCE} expected_names expected_types values"),
        "EMPTY": _fields(_SOURCE),
        "PIVOT": _fields(f"{_SOURCE} source aggregates unpivot_names pivots groups column_name_alias include_nulls"),
        "SHOW_REF": _fields(f"{_SOURCE} table_name query show_type catalog_name schema_name qualified_name"),
    }
)
MODIFIERS = MappingProxyType(
    {
        "ORDER_MODIFIER": _fields("type orders"),
        "LIMIT_MODIFIER": _fields("type limit offset limit_type"),
        "DISTINCT_MODIFIER": _fields("type distinct_on_targets"),
        **dict.fromkeys(("ORDER_DEFAULT", "ASCENDING", "DESCENDING"), _fields("type null_order expression")),
    }
)
EXPRESSIONS = MappingProxyType(
    {
        "BETWEEN": _fields(f"{_EXPRESSION} input lower upper"),
        "CASE": _fields(f"{_EXPRESSION} case_checks else_expr"),
        "CAST": _fields(f"{_EXPRESSION} child type_expr try_cast"),
        "COLLATE": _fields(f"{_EXPRESSION} child collation"),
        "COLUMN_REF": _fields(f"{_EXPRESSION} column_names"),
        "COMPARISON": _fields(f"{_EXPRESSION} left right"),
        "CONJUNCTION": _fields(f"{_EXPRESSION} children"),
        "CONSTANT": _fields(f"{_EXPRESSION} literal"),
        "FUNCTION": _fields(
            f"{_EXPRESSION} function_name schema catalog filter order_bys distinct is_operator export_state arguments"
            " qualified_name"
        ),
        "LAMBDA": _fields(f"{_EXPRESSION} lhs expr syntax_type"),
        "OPERATOR": _fields(f"{_EXPRESSION} children"),
        "POSITIONAL_REFERENCE": _fields(f"{_EXPRESSION} index"),
        "STAR": _fields(
            f"{_EXPRESSION} relation_name exclude_list replace_list columns expr qualified_exclude_list rename_list"
        ),
        "SUBQUERY": _fields(f"{_EXPRESSION} subquery_type subquery child comparison_type"),
        "TYPE": _fields(f"{_EXPRESSION} type_name schema catalog children qualified_name"),
        "WINDOW": _fields(
            f"{_EXPRESSION} function_name schema catalog partitions orders start end start_expr end_expr offset_expr"
            " default_expr ignore_nulls has_ignore_nulls filter_expr exclude_clause distinct arg_orders arguments"
            " qualified_name"
        ),
    }
)
PLAIN = frozenset(
    map(
        _fields,
        (
            "path",  # of a qualified name
            "map",  # the WITH parts
            "key value",  # one WITH part, REPLACE or RENAME
            "aliases key_targets materialized payload_aggregates query_node",
            "named_param_map node",  # a query inside another
            "name expression",  # an argument
            "when_expr then_expr",
            "kind text",  # a literal
            "catalog schema table column",  # what EXCLUDE and RENAME name
            "pivot_expressions unpivot_names entries pivot_enum",
            "values star_expr alias",  # a value of IN in a PIVOT
            "sample_size is_percentage method seed repeatable sample_rate",
            "type is_null value",  # the size of a sample
            "id type_info",
        ),
    )
)
"""Nodes without a name of their own, known by their fields."""

WORDS = MappingProxyType(
    {
        "BETWEEN": {"type": _fields("COMPARE_BETWEEN COMPARE_NOT_BETWEEN")},
        "CASE": {"type": _fields("CASE_EXPR")},
        "CAST": {"type": _fields("OPERATOR_CAST")},
        "COMPARISON": {
            "type": _fields(
                "COMPARE_EQUAL COMPARE_NOTEQUAL COMPARE_LESSTHAN COMPARE_GREATERTHAN COMPARE_LESSTHANOREQUALTO"
                " COMPARE_GREATERTHANOREQUALTO COMPARE_DISTINCT_FROM COMPARE_NOT_DISTINCT_FROM"
            )
        },
        "CONJUNCTION": {"type": _fields("CONJUNCTION_AND CONJUNCTION_OR")},
        "CONSTANT": {"type": _fields("VALUE_CONSTANT")},
        "LAMBDA": {"type": _fields("LAMBDA"), "syntax_type": _fields("LAMBDA_KEYWORD SINGLE_ARROW")},
        "OPERATOR": {
            "type": _fields(
                "ARRAY_CONSTRUCTOR ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT COMPARE_IN COMPARE_NOT_IN"
                " GROUPING_FUNCTION OPERATOR_COALESCE OPERATOR_NULLIF OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL"
                " OPERATOR_NOT OPERATOR_TRY OPERATOR_UNPACK"
            )
        },
        "SUBQUERY": {"subquery_type": _fields("SCALAR EXISTS NOT_EXISTS ANY")},
        "WINDOW": {
            "type": _fields(
                "WINDOW_AGGREGATE WINDOW_CUME_DIST WINDOW_FILL WINDOW_FIRST_VALUE WINDOW_LAG WINDOW_LAST_VALUE"
                " WINDOW_LEAD WINDOW_NTH_VALUE WINDOW_NTILE WINDOW_PERCENT_RANK WINDOW_RANK WINDOW_RANK_DENSE"
                " WINDOW_ROW_NUMBER"
            )
        },
        "SET_OPERATION_NODE": {"setop_type": _fields("UNION UNION_BY_NAME EXCEPT INTERSECT")},
        "JOIN": {
            "join_type": _fields("INNER LEFT RIGHT FULL SEMI ANTI"),
            "ref_type": _fields("REGULAR CROSS NATURAL POSITIONAL ASOF"),
        },
        "LIMIT_MODIFIER": {"limit_type": _fields("ROW_COUNT PERCENTAGE")},
    }
)
"""The words that may stand in a field of a node, where the field decides what the node does."""

TYPES = _fields(
    "array bigint bignum binary bit bitstring blob bool boolean bpchar bytea char date datetime dec decimal double enum"
    " float float4 float8 guid hugeint int int1 int128 int16 int2 int32 int4 int64 int8 integer integral interval json"
    " list logical long map null numeric nvarchar real row short signed smallint string struct text time time_ns"
    " timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us timestamptz timestamptz_ns timetz tinyint ubigint"
    " uhugeint uint128 uint16 uint32 uint64 uint8 uinteger union usmallint utinyint uuid varbinary varchar varint"
) | {"time with time zone", "timestamp with time zone"}
STATE_COLUMNS = _fields("current_catalog current_database current_role current_schema current_user session_user user")
"""Names that are a column only where a table has one, and the engine's state elsewhere."""
