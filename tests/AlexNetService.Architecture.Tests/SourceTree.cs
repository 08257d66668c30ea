using System.Xml.Linq;

namespace AlexNetService.Architecture.Tests;

/// <summary>The files of the repository: its root and its projects.</summary>
internal static class SourceTree
{
    private const string Solution = "AlexNetService.sln";

    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Projects under <c>src</c>, by name.</summary>
    public static IReadOnlyList<Project> Sources { get; } = Projects("src");

    /// <summary>Projects under <c>src</c> and <c>tests</c>.</summary>
    public static IReadOnlyList<Project> All { get; } = [.. Sources, .. Projects("tests")];

    public static Project Source(string name) => Sources.Single(project => project.Name == name);

    /// <summary>The text of a file; the path starts at the root.</summary>
    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>C# files under a folder, without build output.</summary>
    public static IEnumerable<string> Code(string folder) => Directory
        .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static IReadOnlyList<Project> Projects(string folder) =>
    [
        .. Directory.EnumerateDirectories(Path.Combine(Root, folder))
            .SelectMany(directory => Directory.EnumerateFiles(directory, "*.csproj"))
            .Order(StringComparer.Ordinal)
            .Select(path => new Project(path)),
    ];

    private static string FindRoot(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, Solution)))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"{Solution} is in no folder above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A project file. Conditions are ignored, so references of a single build configuration count too.</summary>
internal sealed class Project(string path)
{
    private readonly XDocument xml = XDocument.Load(path);

    public string Name { get; } = Path.GetFileNameWithoutExtension(path);

    public string Folder { get; } = Path.GetDirectoryName(path) ?? "";

    /// <summary>Names of the projects it references.</summary>
    public IReadOnlyList<string> References =>
        [.. Items("ProjectReference").Select(item => Path.GetFileNameWithoutExtension(Named(item).Replace('\\', '/')))];

    /// <summary>Names of the packages it references.</summary>
    public IReadOnlyList<string> Packages => [.. Items("PackageReference").Select(Named)];

    /// <summary>Packages with a version in the project instead of in Directory.Packages.props.</summary>
    public IReadOnlyList<string> PackagesWithVersion =>
    [
        .. Items("PackageReference")
            .Where(item => new[] { "Version", "VersionOverride" }.Any(name =>
                item.Attribute(name) is not null || item.Elements().Any(element => element.Name.LocalName == name)))
            .Select(Named),
    ];

    /// <summary>C# files, without build output.</summary>
    public IEnumerable<string> Code() => SourceTree.Code(Folder);

    private IEnumerable<XElement> Items(string kind) => xml.Descendants().Where(element => element.Name.LocalName == kind);

    private static string Named(XElement item) => item.Attribute("Include")?.Value ?? item.Attribute("Update")?.Value ?? "";
}
