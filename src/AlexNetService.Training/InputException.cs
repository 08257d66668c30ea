using System.Diagnostics.CodeAnalysis;

namespace AlexNetService.Training;

/// <summary>
/// What the user asked for is impossible: options, data set, files or devices do not fit each other or this machine. The message names the
/// culprit, then the remedy.
/// </summary>
public sealed class InputException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Throws if a condition holds.</summary>
    public static void ThrowIf([DoesNotReturnIf(true)] bool impossible, string message)
    {
        if (impossible)
        {
            throw new InputException(message);
        }
    }
}
