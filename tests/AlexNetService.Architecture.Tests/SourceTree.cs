using System.Xml.Linq;

namespace AlexNetService.Architecture.Tests;

/// <summary>The repository as files: its root, its projects.</summary>
internal static class SourceTree
{
    private const string Solution = "AlexNetService.sln";

    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Projects under <c>src</c>, by name.</summary>
    public static IReadOnlyList<Project> Sources { get; } = Projects("src");

    /// <summary>Projects under <c>src</c> and <c>tests</c>.</summary>
    public static IReadOnlyList<Project> All { get; } = [.. Sources, .. Projects("tests")];

    public static Project Source(string name) => Sources.Single(project => project.Name == name);

    /// <summary>What stands in a file; the path begins at the root.</summary>
    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

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

        return folder?.FullName ?? throw new InvalidOperationException($"{Solution} lies in no folder above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A project file; conditions are not looked at, so what only one build configuration references counts too.</summary>
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

    /// <summary>Packages whose version stands in the project instead of in Directory.Packages.props.</summary>
    public IReadOnlyList<string> PackagesWithVersion =>
    [
        .. Items("PackageReference")
            .Where(item => new[] { "Version", "VersionOverride" }.Any(name =>
                item.Attribute(name) is not null || item.Elements().Any(element => element.Name.LocalName == name)))
            .Select(Named),
    ];

    /// <summary>C# files, but for what builds leave behind.</summary>
    public IEnumerable<string> Code() => Directory
        .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => Path.GetRelativePath(Folder, file).Split(Path.DirectorySeparatorChar)[0] is not "bin" and not "obj");

    private IEnumerable<XElement> Items(string kind) => xml.Descendants().Where(element => element.Name.LocalName == kind);

    private static string Named(XElement item) => item.Attribute("Include")?.Value ?? item.Attribute("Update")?.Value ?? "";
}
