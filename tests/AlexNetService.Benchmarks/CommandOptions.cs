using System.CommandLine;
using AlexNetService.Benchmarks.Service;

namespace AlexNetService.Benchmarks;

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    private const int MostPictures = 256;

    /// <summary>An option with a default value.</summary>
    public static Option<T> Of<T>(string name, string description, T usual) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };

    public static Option<int> Clients(int usual) => Of("--clients", "Number of clients; each sends one photograph after another.", usual);

    public static Option<int> Rounds(int usual) => Of("--rounds", "Number of rounds; each runs every case once.", usual);

    public static Option<DirectoryInfo> Repository() => new Option<DirectoryInfo>("--repository")
    {
        Description = "Folder of packages; by default the bundled ones.",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(RunningService.Program().DirectoryName ?? "", "models")),
    }.AcceptExistingOnly();

    public static Option<DirectoryInfo> Pictures() => new Option<DirectoryInfo>("--pictures")
    {
        Description = $"Folder of JPEG files; the first {MostPictures} are sent.",
        Required = true,
    }.AcceptExistingOnly();

    /// <summary>Reads the files of <see cref="Pictures"/> into memory, so that a run reads no disk.</summary>
    public static byte[][] Read(DirectoryInfo folder)
    {
        var files = folder.EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.Extension.ToUpperInvariant() is ".JPG" or ".JPEG")
            .OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Take(MostPictures)
            .Select(file => File.ReadAllBytes(file.FullName))
            .ToArray();
        return files.Length > 0
            ? files
            : throw new FileNotFoundException($"'{folder.FullName}' contains no JPEG file. Name another folder with --pictures.");
    }
}
