"""What records are called on MQTT, and which requests there are."""

from __future__ import annotations

from ptdevice import model
from ptdevice.mqtt import contract

# By who may be asked (the gateway itself, a unit, a pair of units) and the request's name.
REQUESTS: dict[str, type[contract.Request]] = {
    "gateway/ping": contract.Ping,
    "gateway/assign": contract.Assign,
    "gateway/forget": contract.Forget,
    "gateway/resend": contract.Resend,
    "gateway/stop_all": contract.StopAll,
    "unit/begin_set": contract.BeginSet,
    "unit/pause_set": contract.PauseSet,
    "unit/resume_set": contract.ResumeSet,
    "unit/end_set": contract.EndSet,
    "unit/begin_programme": contract.BeginProgramme,
    "unit/skip_set": contract.SkipSet,
    "unit/end_programme": contract.EndProgramme,
    "unit/rate_pain": contract.RatePain,
    "unit/assess": contract.Assess,
    "unit/log_modality": contract.LogModality,
    "unit/arm": contract.Arm,
    "unit/hold": contract.Hold,
    "unit/stop": contract.Stop,
    "unit/pause": contract.Pause,
    "unit/resume": contract.Resume,
    "unit/lower": contract.Lower,
    "unit/raise": contract.Raise,
    "unit/acknowledge": contract.Acknowledge,
    "unit/screen": contract.Screen,
    "unit/confirm_pads": contract.ConfirmPads,
    "unit/reinstate": contract.Reinstate,
    "pair/calibrate": contract.Calibrate,
    "pair/align": contract.Align,
    "pair/begin_range": contract.BeginRange,
    "pair/end_range": contract.EndRange,
}
COMMANDS = tuple(REQUESTS)

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
    model.Assignment: "assignment",
    model.Forgotten: "forgotten",
    model.Audit: "audit",
    model.Screening: "stimulation.screening",
    model.ElectrodePlacement: "stimulation.pads",
    model.Reinstated: "reinstated",
}
