namespace AlexNetService.Training;

/// <summary>
/// What the user asked for is impossible: options, data set or files do not fit each other or this machine. The message names the culprit,
/// then the remedy.
/// </summary>
public sealed class InputException(string message) : Exception(message);
