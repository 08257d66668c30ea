using System.Text.Json;

namespace AlexNetService.ModelSpec.Package;

/// <summary>How the weights came about, complete enough to train them again.</summary>
public sealed record TrainingManifest
{
    /// <summary>The recipe: learning rate, momentum, decay, augmentation; keys and units as the training room writes them.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>Seed of every generator of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Name of the training data, without its path.</summary>
    public required string DataSet { get; init; }

    /// <summary>SHA-256 over the names and lengths of the training photographs, lower-case hexadecimal.</summary>
    public required string DataSetSha256 { get; init; }

    /// <summary>Photographs trained on.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Photographs held out.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Epochs finished.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps done of the epoch after those, or null where the weights are those of a finished epoch.</summary>
    public int? StepsBeyond { get; init; }

    /// <summary>How the weights that training began with came about, or null where they were drawn.</summary>
    public TrainingManifest? BegunWith { get; init; }

    /// <summary>When training began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When the last epoch or step ended, UTC.</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>Software and its version: this one, TorchSharp, .NET.</summary>
    public required IReadOnlyDictionary<string, string> Software { get; init; }
}
