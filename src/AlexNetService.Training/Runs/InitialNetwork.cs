using AlexNetService.Onnx;

namespace AlexNetService.Training.Runs;

/// <summary>
/// The network that a run begins with: a layer table for a number of classes, and a trained network of any classes or null for random
/// weights.
/// </summary>
public sealed record InitialNetwork(Func<int, NetworkArchitecture> Table, TrainedNetwork? Trained = null)
{
    /// <summary>Whether the classes of a data set are those of the trained network, so that its classifier stays.</summary>
    internal bool Knows(LabelledPhotographs source) => Trained is not null && ClassLabel.AreSame(Trained.Labels, source.Labels);

    /// <summary>Counts the photographs held out now that the weights learned from, in the earlier run or in one before it.</summary>
    internal int Seen(LabelledPhotographs source, DataShare share)
    {
        var learned = new HashSet<Photograph>();
        for (var past = Trained?.Manifest; past is not null; past = past.BegunWith)
        {
            if (past.DataSetSha256 == source.Sha256 && RunCheckpoint.RecipeOf(past) is { } recipe)
            {
                learned.UnionWith(source.Split(recipe.Share).Training);
            }
        }

        return learned.Count == 0 ? 0 : source.Split(share).HeldOut.Count(learned.Contains);
    }
}

/// <summary>A trained network to begin with.</summary>
/// <param name="Architecture">Its layer table.</param>
/// <param name="Weights">Its weights.</param>
/// <param name="Mean">Mean red, green and blue, 0..255, or the mean image, that it subtracts from a picture.</param>
/// <param name="Labels">Its classes.</param>
/// <param name="Manifest">How it was trained, or null if nothing is known about it.</param>
/// <param name="Origin">The package or file that it came from, or null for a run.</param>
public sealed record TrainedNetwork(
    NetworkArchitecture Architecture,
    NamedWeights Weights,
    ColourStatistics Mean,
    IReadOnlyList<ClassLabel> Labels,
    TrainingManifest? Manifest,
    WeightOrigin? Origin)
{
    /// <summary>The network of a run.</summary>
    public static TrainedNetwork Of(Checkpoint checkpoint) => new(
        checkpoint.State.Architecture,
        checkpoint.Weights,
        checkpoint.State.Colours,
        checkpoint.State.Labels,
        RunCheckpoint.ManifestOf(checkpoint.State),
        Origin: null);

    /// <summary>The network of a package that this software exported: float32, fp16 or int8.</summary>
    /// <exception cref="InvalidPackageException">The card has no layer table, or the graph lacks a weight of it.</exception>
    public static TrainedNetwork Of(ModelPackage package)
    {
        var (weights, mean) = PackageWeights.Read(package);
        var card = package.Card;
        var architecture = card.Architecture ?? throw new InvalidOperationException("Weights were read without a layer table.");
        var colours = ColourStatistics.OfMean([.. mean.Select(value => (double)value)], architecture);
        var origin = new WeightOrigin($"{card.Name}/{card.Version}", card.Graph.Sha256);
        return new TrainedNetwork(architecture, weights, colours, card.Labels, card.Training, origin);
    }

    /// <summary>Its layer table with another number of classes.</summary>
    public NetworkArchitecture TableOf(int classes) => Architecture with
    {
        Layers = [.. Architecture.Layers.Select(layer => layer is Classifier classifier ? classifier with { Classes = classes } : layer)],
    };

    /// <summary>Whether its weights were centred in training; if so, further training keeps them so.</summary>
    public bool IsCentred => RunCheckpoint.RecipeOf(Manifest)?.CentredWeights ?? false;
}
