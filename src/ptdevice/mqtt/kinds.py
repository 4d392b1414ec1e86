"""What records are called on MQTT, and which requests there are."""

from __future__ import annotations

from ptdevice import model

COMMANDS = (
    "gateway/ping",
    *(f"unit/{name}" for name in ("begin_set", "pause_set", "resume_set", "end_set")),
    *(
        f"unit/{name}"
        for name in ("begin_programme", "skip_set", "end_programme", "rate_pain", "assess", "log_modality")
    ),
    *(f"pair/{name}" for name in ("calibrate", "align", "begin_range", "end_range")),
)

KINDS: dict[type[model.Record], str] = {
    model.Repetition: "exercise.repetition",
    model.RejectedMovement: "exercise.rejected",
    model.SuggestedSet: "exercise.suggested_set",
    model.Hold: "exercise.hold",
    model.Bout: "exercise.bout",
    model.ExerciseSet: "exercise.set",
    model.StimulationSegment: "stimulation.segment",
    model.StimulationSession: "stimulation.session",
    model.Gap: "gap",
    model.ClockStep: "clock",
    model.Alarm: "alarm",
    model.ProgrammeBegun: "exercise.begun",
    model.SetOutcome: "exercise.outcome",
    model.PainRating: "pain",
    model.Adherence: "exercise.adherence",
    model.Suggestion: "exercise.suggestion",
    model.Watch: "gateway.watch",
    model.Assessment: "assessment",
    model.LumbarAlignment: "lumbar.alignment",
    model.LumbarCalibration: "lumbar.calibration",
    model.LumbarMovement: "lumbar.movement",
    model.LumbarRange: "lumbar.range",
    model.ModalityEntry: "modality",
    model.RemotePress: "remote.press",
}
