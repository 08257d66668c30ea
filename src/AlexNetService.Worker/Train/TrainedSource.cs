namespace AlexNetService.Worker.Train;

/// <summary>Reads the trained network that <c>alexnet train --from</c> names.</summary>
internal static class TrainedSource
{
    /// <summary>Reads a package's folder, a run's folder, a checkpoint, or a file of weights.</summary>
    public static TrainedNetwork Read(string path)
    {
        if (Directory.Exists(path))
        {
            var folder = PackageRepository.Newest(path);
            return File.Exists(Path.Combine(folder, ModelPackage.CardFile))
                ? Of(ModelPackage.Open(folder))
                : TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best));
        }

        return !File.Exists(path)
            ? throw new InputException($"There is no '{path}' to begin --from: name a package, a run, a checkpoint or a file of weights.")
            : Checkpoint.Recognises(path) ? TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best))
            : ImportSource.Read(path, preset: null, labels: null, meanColour: null);
    }

    private static TrainedNetwork Of(ModelPackage package)
    {
        var (weights, mean) = PackageWeights.Read(package);
        var card = package.Card;
        var architecture = card.Architecture ?? throw new InvalidOperationException("Weights were read without a layer table.");
        var origin = new WeightOrigin($"{card.Name}/{card.Version}", card.Graph.Sha256);
        var colours = ColourStatistics.OfMean([.. mean.Select(value => (double)value)], architecture);
        return new TrainedNetwork(architecture, weights, colours, card.Labels, card.Training, origin);
    }
}
