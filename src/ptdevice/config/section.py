"""What every section of the configuration is: strict, finite and frozen; a strange key is an error."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """What all sections have in common."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)
