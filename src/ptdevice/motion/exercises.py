"""The exercises that can be counted: where the sensor is worn, what one repetition is, and the least range that counts.

A definition sets limits for the counter; it does not teach it a movement. Every exercise is counted by the same machine
(`repetitions`), which sees how far the segment that wears the sensor turns against gravity. So a definition is honest only
where that segment does turn: a sensor on the chest sees no leg raise, whatever it is called here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    `smallest_deg` is the least range of a repetition, between rest and far posture. Who rests in the far posture for longer
    than `hold_s` has not held a repetition but taken a new posture.

    `evidence` says on what the counting of this exercise was tried: recordings of people, or simulated movement only.
    """

    name: str
    placement: str
    repetition: str
    smallest_deg: float = 2.0
    hold_s: float = 12.0
    evidence: str = "recordings"


_ALL = (
    Exercise(
        "any",
        "on the segment that moves most",
        "from a posture of rest to another posture and back, whatever the movement",
    ),
    Exercise("sit_up", "on the breastbone", "lying, up to sitting, and back to lying", smallest_deg=30.0, hold_s=6.0),
    Exercise(
        "crunch",
        "on the breastbone",
        "lying, shoulders off the mat, and back to lying",
        smallest_deg=10.0,
        evidence="simulation",
    ),
    Exercise(
        "curl_up",
        "on the breastbone",
        "lying with a hand under the back, head and shoulders just off the mat, and back",
        evidence="simulation",
    ),
    Exercise("leg_raise", "on the front of the thigh", "leg down, up, and down again; one leg"),
    Exercise("knee_extension", "on the front of the shin", "sitting, knee bent, straight, and bent again; one leg"),
    Exercise("trunk_flexion", "on the breastbone", "sitting upright, bent forward, and upright again"),
    Exercise("bridge", "on the front of the thigh", "lying with bent knees, pelvis up, and down again"),
    Exercise("knee_rolling", "on the front of the thigh", "knees from one side to the other and back to the first"),
    Exercise("superman", "on the front of the thigh", "lying face down, leg up, and down again"),
    Exercise("squat", "on the breastbone", "standing, down, and standing again", smallest_deg=10.0),
    Exercise(
        "hyperextension",
        "between the shoulder blades",
        "trunk hanging over the bench, up to straight, and down again",
        smallest_deg=15.0,
        evidence="simulation",
    ),
)

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for exercise in _ALL}
