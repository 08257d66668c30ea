using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>
/// A network's predictions for the held-out photographs with ten crops, stored beside its run, so that ensembles need no network.
/// </summary>
internal static class HeldOutAnswers
{
    private const string File = "held-out.safetensors";
    private const string Probabilities = "probabilities";
    private const string Truth = "truth";

    public static void Write(string folder, Predictions predictions) => new SafeTensors(
        new Dictionary<string, WeightTensor>(StringComparer.Ordinal)
        {
            [Probabilities] = new(
                [predictions.Count, predictions.Labels.Count], [.. predictions.Probabilities.SelectMany(answer => answer)]),
            [Truth] = new([predictions.Count], [.. predictions.Truth.Select(label => (float)label)]),
        },
        new Dictionary<string, string>(StringComparer.Ordinal)).Write(Path.Combine(folder, File));

    /// <summary>Reads them back, without the photographs' paths.</summary>
    public static Predictions Read(string folder, IReadOnlyList<ClassLabel> labels)
    {
        var tensors = SafeTensors.Read(Path.Combine(folder, File)).Tensors;
        return new Predictions(
            labels,
            Photographs: [],
            [.. tensors[Truth].Values.Select(label => (int)label)],
            [.. tensors[Probabilities].Values.Chunk(labels.Count)]);
    }
}
