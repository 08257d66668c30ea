using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Runs;

/// <summary>The network a run begins with: a layer table with random weights, or the network of another run.</summary>
public sealed class InitialNetwork
{
    private readonly Func<int, NetworkArchitecture> table;
    private readonly Checkpoint? earlier;

    private InitialNetwork(Func<int, NetworkArchitecture> table, Checkpoint? earlier) => (this.table, this.earlier) = (table, earlier);

    /// <summary>The weights, or null for random ones.</summary>
    public NamedWeights? Weights => earlier?.Weights;

    /// <summary>How the weights were trained, or null for random ones.</summary>
    public TrainingManifest? Manifest => earlier is null ? null : RunCheckpoint.ManifestOf(earlier.State);

    /// <summary>A layer table with random weights.</summary>
    /// <param name="table">The table for a number of classes.</param>
    public static InitialNetwork Drawn(Func<int, NetworkArchitecture> table) => new(table, null);

    /// <summary>The network of another run.</summary>
    /// <param name="earlier">Its checkpoint.</param>
    public static InitialNetwork Of(Checkpoint earlier) => new(_ => earlier.State.Architecture, earlier);

    /// <summary>Requires a possible layer table, before any photograph is read.</summary>
    /// <exception cref="InputException">The preset does not exist.</exception>
    /// <exception cref="ArchitectureException">The table describes no network.</exception>
    public void RequirePossible() => _ = table(2);

    /// <summary>The layer table for the classes of a data set.</summary>
    /// <param name="source">The data set.</param>
    /// <exception cref="InputException">The weights know other classes.</exception>
    public NetworkArchitecture TableFor(LabelledPhotographs source)
    {
        if (earlier?.State.Labels is { } known && !ClassLabel.AreSame(known, source.Labels))
        {
            throw new InputException(
                $"The --initial-weights know {known.Count} classes, {ClassMatch.First(known)}; "
                + $"'{source.Name}' has {source.Labels.Count}, {ClassMatch.First(source.Labels)}. "
                + "Name --data of the same classes, or a --preset to begin with random weights.");
        }

        return table(source.Labels.Count);
    }

    /// <summary>Counts the photographs held out now that the weights learned from, in the earlier run or in one before it.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="share">What the new run holds out.</param>
    public int Seen(LabelledPhotographs source, DataShare share)
    {
        var learned = new HashSet<Photograph>();
        for (var past = Manifest; past is not null; past = past.BegunWith)
        {
            if (past.DataSetSha256 == source.Sha256 && past.Recipe.Deserialize(RunJson.Line.TrainingRecipe) is { } recipe)
            {
                learned.UnionWith(source.Split(recipe.Share).Training);
            }
        }

        return learned.Count == 0 ? 0 : source.Split(share).HeldOut.Count(learned.Contains);
    }
}
