"""Load as people and programs make it: who does what how often, run by Locust, and what came of it."""
