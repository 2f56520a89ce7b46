"""Carries out one step of one enrolment for its Step Functions execution."""
