namespace AlexNetService.Training.Data.Containers;

/// <summary>A look at tars that tells what they are.</summary>
internal static class TarFolder
{
    private const int Looked = 16;

    /// <summary>The tars of a folder in ordinal order; none where it has folders too, and so is something else.</summary>
    public static IReadOnlyList<string> Tars(string folder) =>
        Directory.Exists(folder) && !Directory.EnumerateDirectories(folder).Any()
            ? [.. Directory.EnumerateFiles(folder, "*.tar").Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Names of a tar's first files.</summary>
    /// <exception cref="DataSetException">It is damaged there.</exception>
    public static string[] FirstNames(string path)
    {
        using var tar = new TarArchive(path);
        return [.. tar.Items().Select(item => item.Name).Take(Looked)];
    }
}
