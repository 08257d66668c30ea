using System.CommandLine;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Photographs as files in memory, so that a run reads no disk.</summary>
internal static class PictureFolder
{
    private const int Limit = 256;

    public static Option<DirectoryInfo> Option() =>
        new Option<DirectoryInfo>("--pictures")
        {
            Description = $"Folder of JPEG files, the first {Limit} of which are sent.",
            Required = true,
        }.AcceptExistingOnly();

    public static byte[][] Read(DirectoryInfo folder)
    {
        var files = folder.EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.Extension.ToUpperInvariant() is ".JPG" or ".JPEG")
            .OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Take(Limit)
            .Select(file => File.ReadAllBytes(file.FullName))
            .ToArray();
        return files.Length > 0
            ? files
            : throw new FileNotFoundException($"There is no JPEG file in '{folder.FullName}'. Name another folder with --pictures.");
    }
}
