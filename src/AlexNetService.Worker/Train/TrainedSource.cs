using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Import;

namespace AlexNetService.Worker.Train;

/// <summary>Reads the trained network that <c>alexnet train --from</c> names, whatever kind of file or folder it is.</summary>
internal static class TrainedSource
{
    /// <summary>Reads a trained network.</summary>
    /// <param name="path">A package's folder, a run's folder, a checkpoint, or a file of weights.</param>
    /// <exception cref="InputException">There is nothing at the path, or a file of weights lacks something.</exception>
    /// <exception cref="InvalidPackageException">The package is damaged, or has no layer table.</exception>
    /// <exception cref="CheckpointException">The folder holds neither a package nor a finished epoch.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or holds no weights.</exception>
    public static TrainedNetwork Read(string path)
    {
        if (Directory.Exists(path))
        {
            var folder = PackageRepository.Newest(path);
            return File.Exists(Path.Combine(folder, ModelPackage.CardFile))
                ? Of(ModelPackage.Open(folder))
                : TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best));
        }

        if (!File.Exists(path))
        {
            throw new InputException($"There is no '{path}' to begin --from: name a package, a run, a checkpoint or a file of weights.");
        }

        if (Checkpoint.Recognises(path))
        {
            return TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best));
        }

        var source = ImportSource.Read(path, preset: null, labels: null, meanColour: null);
        return new TrainedNetwork(source.Architecture, source.Weights, source.Colours, source.Labels, source.Manifest, source.Origin);
    }

    private static TrainedNetwork Of(ModelPackage package)
    {
        var (weights, mean) = PackageWeights.Read(package);
        var card = package.Card;
        var architecture = card.Architecture ?? throw new InvalidOperationException("Weights were read without a layer table.");
        return new TrainedNetwork(
            architecture,
            weights,
            ColourStatistics.OfMean(mean, architecture.Geometry),
            card.Labels,
            card.Training,
            new WeightOrigin($"{card.Name}/{card.Version}", card.Graph.Sha256));
    }
}
