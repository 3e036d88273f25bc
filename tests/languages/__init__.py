"""Tests of the languages of the station, and the commands that make its catalogues."""
