"""Which files of a table may hold rows with given keys, by the bounds their commit recorded."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.lakehouse.tables import DataFile


def holding(files: "list[DataFile]", keys: "pa.Table") -> "list[DataFile]":
    """The files that may hold rows of `keys`: those whose bounds enclose at least one value of some key column."""
    import numpy as np
    import pyarrow.compute as pc

    for name in keys.column_names:
        if all(file.minimum.get(name) is None for file in files) or keys.column(name).null_count:
            continue
        values = np.sort(pc.unique(keys.column(name)).to_numpy(zero_copy_only=False))
        convert = keys.schema.field(name).type
        files = [file for file in files if _encloses(file, name, values, convert)]
    return files


def _encloses(file: "DataFile", name: str, values: "object", kind: "pa.DataType") -> bool:
    import numpy as np
    import pyarrow as pa

    low, high = file.minimum.get(name), file.maximum.get(name)
    if low is None or high is None:
        return True
    bounds = pa.array([low, high], type=kind).to_numpy(zero_copy_only=False)
    return bool(np.searchsorted(values, bounds[1], "right") > np.searchsorted(values, bounds[0], "left"))  # type: ignore[call-overload]
