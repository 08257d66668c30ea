using System.CommandLine;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Options that several commands share.</summary>
internal static class ServiceOptions
{
    public static Option<int> Clients(int usual) => new("--clients")
    {
        Description = "Clients that send one photograph after the other.",
        DefaultValueFactory = _ => usual,
    };

    public static Option<double> Seconds(string name, string description, double usual) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };

    public static Option<DirectoryInfo> Repository() => new Option<DirectoryInfo>("--repository")
    {
        Description = "Folder of packages; the bundled ones where it is not named.",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(RunningService.Program().DirectoryName ?? "", "models")),
    }.AcceptExistingOnly();
}
