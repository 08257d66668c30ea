namespace AlexNetService.ModelSpec.Architecture;

/// <summary>A layer table that describes no network: a window larger than its map, maps that do not divide over the columns.</summary>
public sealed class ArchitectureException(string message) : Exception(message);
