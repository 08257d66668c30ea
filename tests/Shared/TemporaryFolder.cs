namespace AlexNetService.Tests.Shared;

/// <summary>An empty folder that goes when the test does.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("alexnet-").FullName;

    /// <summary>Every file and folder below, relative, hidden ones too.</summary>
    public IEnumerable<string> Everything() => Directory
        .EnumerateFileSystemEntries(Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Select(entry => System.IO.Path.GetRelativePath(Path, entry).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
