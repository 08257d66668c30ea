using System.CommandLine;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Options that several commands share.</summary>
internal static class ServiceOptions
{
    public static Option<DirectoryInfo> Repository() => new Option<DirectoryInfo>("--repository")
    {
        Description = "Folder of packages; the bundled ones where it is not named.",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(RunningService.Program().DirectoryName ?? "", "models")),
    }.AcceptExistingOnly();
}
