"""Submissions: files, jobs, the spool."""
