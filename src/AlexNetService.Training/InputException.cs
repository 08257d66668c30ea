namespace AlexNetService.Training;

/// <summary>What the user asked for is impossible: options, data set or files do not fit each other or this machine.</summary>
/// <param name="message">The culprit, then the remedy.</param>
public sealed class InputException(string message) : Exception(message);
