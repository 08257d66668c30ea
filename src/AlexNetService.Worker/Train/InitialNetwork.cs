using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Train;

/// <summary>What a run begins with: a layer table whose weights are drawn, or the network of another run.</summary>
internal sealed class InitialNetwork
{
    private readonly Func<int, NetworkArchitecture> table;
    private readonly Checkpoint? earlier;

    private InitialNetwork(Func<int, NetworkArchitecture> table, Checkpoint? earlier) => (this.table, this.earlier) = (table, earlier);

    /// <summary>The weights, or null where they are drawn.</summary>
    public NamedWeights? Weights => earlier?.Weights;

    /// <summary>How the weights came about, or null where they are drawn.</summary>
    public TrainingManifest? Manifest => earlier is null ? null : ExportSource.ManifestOf(earlier.State);

    /// <summary>A layer table whose weights are drawn.</summary>
    /// <param name="table">The table for a number of classes.</param>
    public static InitialNetwork Drawn(Func<int, NetworkArchitecture> table) => new(table, null);

    /// <summary>The network of another run.</summary>
    public static InitialNetwork Of(Checkpoint earlier) => new(_ => earlier.State.Architecture, earlier);

    /// <summary>Whether there can be such a table at all, which is known before any photograph is read.</summary>
    /// <exception cref="InputException">There is no such preset.</exception>
    /// <exception cref="ArchitectureException">The table describes no network.</exception>
    public void RequirePossible() => _ = table(2);

    /// <summary>The layer table for the classes of a data set.</summary>
    /// <exception cref="InputException">The weights know other classes.</exception>
    public NetworkArchitecture TableFor(LabelledPhotographs source)
    {
        if (earlier?.State.Labels is { } known && !ClassLabel.AreSame(known, source.Labels))
        {
            throw new InputException(
                $"The --initial-weights know {known.Count} classes, {ClassMatch.First(known)}; '{source.Name}' has {source.Labels.Count}, {ClassMatch.First(source.Labels)}. "
                + "Name --data of the same classes, or a --preset to begin with drawn weights.");
        }

        return table(source.Labels.Count);
    }

    /// <summary>How many of the photographs that a run holds out the weights learned from, in the earlier run or in one before it.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="share">What the run holds out of it.</param>
    public int Seen(LabelledPhotographs source, DataShare share)
    {
        var learned = new HashSet<Photograph>();
        for (var past = Manifest; past is not null; past = past.BegunWith)
        {
            if (past.DataSetSha256 == source.Sha256 && past.Recipe.Deserialize(WorkerJson.Line.TrainingRecipe) is { } recipe)
            {
                learned.UnionWith(source.Split(recipe.Share).Training);
            }
        }

        return learned.Count == 0 ? 0 : source.Split(share).HeldOut.Count(learned.Contains);
    }
}
