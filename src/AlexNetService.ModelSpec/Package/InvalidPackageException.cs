namespace AlexNetService.ModelSpec.Package;

/// <summary>A model package that is not what its card says, or a card that says nothing usable.</summary>
public sealed class InvalidPackageException : Exception
{
    /// <summary>A package refused.</summary>
    /// <param name="folder">The package folder.</param>
    /// <param name="reason">What is wrong and what to do, a sentence.</param>
    /// <param name="cause">The failure underneath, if any.</param>
    public InvalidPackageException(string folder, string reason, Exception? cause = null)
        : base($"Package '{folder}' is refused: {reason}", cause)
    {
        Folder = folder;
    }

    /// <summary>The package folder.</summary>
    public string Folder { get; }
}
