"""What is past the door: a sealed, read-only table of records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn, SupportsIndex, final

import numpy as np

from gpsproto import catalog
from gpsproto.privacy.attributes import Attributes, attributes
from gpsproto.privacy.columns import READERS, element
from gpsproto.privacy.contents import Coded, Column, Contents
from gpsproto.privacy.extra import require
from gpsproto.privacy.provenance import Provenance
from gpsproto.privacy.schema import SCHEMA_VERSION, columns
from gpsproto.privacy.text import CODED, nothing

if TYPE_CHECKING:
    import pyarrow as pa


@final
class Seal:
    """Proof that the filter made a batch: only ``privacy.filter`` holds one."""

    __slots__ = ()


_HELD: Final = Seal()


def break_seal(seal: Seal) -> bool:
    """Whether this is the filter's own seal."""
    return seal is _HELD


@final
class FilteredBatch:
    """Records past the door: pseudonymised, read-only, owning their memory.

    ``len(batch)`` is the number of records.  ``column(name)`` gives values and validity, made when
    asked for; ``columns`` names those that may hold a value; ``rows()`` gives one dict a record.
    Only a PrivacyFilter can make one.
    """

    __slots__ = ("__contents", "__key_id")

    __contents: Contents
    __key_id: str

    def __init__(self, contents: Contents, *, key_id: str, seal: Seal) -> None:
        if not break_seal(seal):
            raise TypeError("only a PrivacyFilter makes a FilteredBatch")
        put = object.__setattr__
        put(self, "_FilteredBatch__contents", contents)
        put(self, "_FilteredBatch__key_id", key_id)

    @property
    def schema_version(self) -> int:
        """Version of the record schema."""
        return SCHEMA_VERSION

    @property
    def policy_name(self) -> str:
        """Name of the policy that let these records through."""
        return self.__contents.policy.name

    @property
    def policy_digest(self) -> str:
        """SHA-256 over the policy's rules, in hex."""
        return self.__contents.policy.digest

    @property
    def key_id(self) -> str:
        """Says which key and domain made the pseudonyms; reveals neither."""
        return self.__key_id

    @property
    def provenance(self) -> Provenance:
        """The policy and the key, as the metadata of files have them."""
        return Provenance(self.policy_name, self.policy_digest, self.key_id)

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("FilteredBatch cannot be subclassed")

    def __setattr__(self, *_: object) -> NoReturn:
        raise AttributeError("a filtered batch is read-only")

    def __delattr__(self, *_: object) -> NoReturn:
        raise AttributeError("a filtered batch is read-only")

    def __len__(self) -> int:
        return self.__contents.rows

    def __repr__(self) -> str:
        return f"FilteredBatch({len(self)} records, policy {self.policy_name})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a filtered batch cannot be pickled; write it to a sink")

    @property
    def columns(self) -> tuple[str, ...]:
        """The schema's columns in order, of the elements those that this batch holds."""
        contents = self.__contents
        found: tuple[str, ...] | None = contents.noted.get("columns")
        if found is None:
            held = contents.held
            found = contents.noted["columns"] = tuple(
                name
                for name in columns()
                if name in held
                or (name in READERS and (name != "generation_type" or contents.holds_generation))
            )
        return found

    @property
    def attributes(self) -> tuple[str, ...]:
        """The elements that this batch holds and the schema has no column for, in order of name.

        They stand in the column ``attributes``; each can be asked for as a column as well.
        """
        return tuple(sorted(self.__contents.held.keys() - columns().keys()))

    def column(self, name: str) -> Column:
        """Values (n,) and validity (n,) of a column, both read-only.

        Times are datetime64[us] in UTC, dates datetime64[D], text and lists objects, the rest the
        smallest signed integer or the float that holds every value of the name; units stand in the
        name.  A column that the schema or the catalog knows and no record holds is null.
        Raises ValueError for any other name.
        """
        contents = self.__contents
        reader = READERS.get(name)
        if reader is not None:
            return reader(contents)
        known = catalog.load().dtype(name)
        if known is not None:
            return element(contents, name, known)
        if name in contents.held:
            return element(contents, name, np.dtype(np.float64))
        raise ValueError("no such column; batch.columns names them")

    def coded(self, name: str) -> Coded:
        """A text column as a number (n,) a record into labels; the label None is a null.

        Raises ValueError where the schema has no text column of that name.
        """
        reader = CODED.get(name)
        if reader is None:
            raise ValueError("no such text column; batch.columns names the columns")
        return reader(self.__contents) or nothing(len(self))

    def attribute_map(self) -> Attributes:
        """The attributes of every record, as offsets, codes into labels, and values."""
        return attributes(self.__contents)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One dict a record: Python values, None where null, columns null throughout left out.

        Times are aware datetimes in UTC.  What is no column of the schema stands in ``attributes``.
        """
        plain: dict[str, list[Any]] = {}
        for name in self.columns:
            values, validity = self.column(name)
            if validity.any():
                plain[name] = listed(values, validity)
        names, columns = list(plain), list(plain.values())
        for row in zip(*columns, strict=True):
            yield dict(zip(names, row, strict=True))

    def to_arrow(self) -> pa.Table:
        """A pyarrow Table of the whole record schema; a column that no record holds is null.

        It keeps the memory of the batch; the schema is the same for every batch.  Needs the extra
        ``[arrow]``, else raises ExtraMissing.
        """
        require("pyarrow", extra="arrow")
        from gpsproto.privacy import arrow

        return arrow.table(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table by the Arrow PyCapsule interface, which polars, DuckDB and others read."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def listed(values: Any, validity: Any) -> list[Any]:
    """A column as Python values, None where it is null."""
    out = values.tolist()
    if values.dtype.kind == "M" and values.dtype != np.dtype("M8[D]"):
        from datetime import UTC

        out = [time.replace(tzinfo=UTC) for time in out]
    if not validity.all():
        for row in np.flatnonzero(~validity):
            out[row] = None
    return list(out)
