"""Plans: a few words become a tree of tasks with people, days and order; talking changes it."""
