namespace AlexNetService.Training;

/// <summary>
/// What the user asked for is impossible: options, data set, files or devices do not fit each other or this machine. The message names the
/// culprit, then the remedy.
/// </summary>
public sealed class InputException(string message, Exception? cause = null) : Exception(message, cause);
