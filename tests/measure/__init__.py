"""Measurements on real captures (``make corpus``): they print figures and assert nothing."""
