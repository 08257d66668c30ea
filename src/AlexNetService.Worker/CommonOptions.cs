using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Worker;

/// <summary>Options that several commands share, so that they mean the same everywhere.</summary>
internal static class CommonOptions
{
    public static Option<string?> Preset() => new("--preset")
    {
        Description = $"Layer table: {string.Join(", ", AlexNetLayers.Presets)}.",
    };

    public static Option<int> Seed() => new("--seed")
    {
        Description = "Seed of weights, order, crops and dropout. The same seed on the same devices gives the same network.",
        DefaultValueFactory = _ => 1,
    };

    public static Option<string> Devices() => new("--devices")
    {
        Description = "Device of each column: cuda:0,cuda:1 or cpu,cpu; one device takes both.",
        DefaultValueFactory = _ => "cpu",
    };

    public static Option<int> Threads() => new("--threads")
    {
        Description = "Threads of one operation on the CPU; 0 for one a core.",
        DefaultValueFactory = _ => 0,
    };

    /// <summary>The layer table of a preset.</summary>
    /// <exception cref="InputException">There is no such preset.</exception>
    public static NetworkArchitecture Architecture(string preset, int classes) => AlexNetLayers.Find(preset, classes)
        ?? throw new InputException($"There is no preset '{preset}'; there are {string.Join(", ", AlexNetLayers.Presets)}.");

    /// <summary>The number of classes a preset was made for.</summary>
    public static int UsualClasses(string preset) => preset == AlexNetLayers.Cifar ? 10 : 1000;
}
