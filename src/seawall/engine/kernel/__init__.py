"""The words every room needs: money, days, policies, traces, errors."""
