using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Converts weights between the merged form of files and the columns on devices. Columns are joined along the first dimension, so a
/// column is one contiguous piece of the merged values.
/// </summary>
public static class ColumnWeights
{
    /// <summary>
    /// Draws initial weights from N(0, σ²) and sets the biases to the table's values (Krizhevsky 2012 §5). The same seed gives the same
    /// weights on any devices. Centred weights are those of <see cref="Loop.TrainingRecipe.CentredWeights"/>, less the mean of each unit.
    /// </summary>
    public static void Initialise(ColumnNetwork network, int seed, bool centred = false)
    {
        using var generator = new Generator((ulong)seed);
        var hidden = Hidden(network.Architecture);
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        var layers = network.Architecture.Layers.OfType<WeightedLayer>().ToDictionary(layer => layer.Name);
        foreach (var shape in network.Architecture.Weights())
        {
            var (layerName, isBias) = (shape.Name[..shape.Name.IndexOf('.')], shape.Dimensions.Count == 1);
            var layer = layers[layerName];
            var values = new float[shape.Dimensions.Aggregate(1, (product, dimension) => product * dimension)];
            if (isBias)
            {
                Array.Fill(values, (float)layer.InitialBias);
            }
            else
            {
                using var scope = NewDisposeScope();
                var drawn = empty(shape.Dimensions.Select(dimension => (long)dimension).ToArray()).normal_(0, layer.WeightStd, generator);
                MemoryMarshal.Cast<byte, float>((centred && hidden.Contains(shape.Name) ? LessMean(drawn) : drawn).bytes).CopyTo(values);
            }

            tensors.Add(shape.Name, new WeightTensor(shape.Dimensions, values));
        }

        Load(network, new NamedWeights(network.Architecture, tensors));
    }

    /// <summary>Copies merged weights into the columns.</summary>
    public static void Load(ColumnNetwork network, NamedWeights weights)
    {
        foreach (var (name, columns) in Parameters(network))
        {
            Scatter(weights[name], columns);
        }

        network.RefreshWorking();
    }

    /// <summary>Joins the columns' weights.</summary>
    public static NamedWeights Merge(ColumnNetwork network) => new(network.Architecture, Parameters(network).ToDictionary(
        entry => entry.Name, entry => Gather(entry.Columns), StringComparer.Ordinal));

    /// <summary>
    /// Names of the weights to which <see cref="Loop.TrainingRecipe.CentredWeights"/> applies: those of the hidden layers that read maps
    /// or units, not of the layer that reads the picture and not of the classifier.
    /// </summary>
    internal static HashSet<string> Hidden(NetworkArchitecture architecture) =>
    [
        .. architecture.Layers.OfType<WeightedLayer>().Where(layer => layer is { Reads: not Reads.Image } and not Classifier)
            .Select(layer => WeightShape.WeightOf(layer.Name)),
    ];

    /// <summary>[units,…] minus the mean of each unit.</summary>
    internal static Tensor LessMean(Tensor weights) =>
        weights - weights.flatten(1).mean([1]).view([-1, .. Enumerable.Repeat(1L, (int)weights.dim() - 1)]);

    /// <summary>
    /// Every weight and bias with its merged name and its piece in each column: those of checkpoints, or the working ones of training
    /// steps, which in float32 are the same tensors.
    /// </summary>
    internal static IEnumerable<(string Name, IReadOnlyList<Tensor> Columns)> Parameters(ColumnNetwork network, bool working = false)
    {
        foreach (var stage in network.Stages.Where(stage => stage.Layer is WeightedLayer))
        {
            var parameters = (working ? stage.Working : stage.Columns).Select(Weighted).ToArray();
            yield return (WeightShape.WeightOf(stage.Layer.Name), [.. parameters.Select(pair => pair.Weight)]);
            yield return (WeightShape.BiasOf(stage.Layer.Name), [.. parameters.Select(pair => pair.Bias)]);
        }
    }

    /// <summary>Copies a merged tensor into its pieces, one per column.</summary>
    internal static void Scatter(WeightTensor merged, IReadOnlyList<Tensor> columns)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = merged.Values.AsSpan();
        foreach (var column in columns)
        {
            var staged = empty(column.shape);
            MemoryMarshal.AsBytes(values[..(int)column.numel()]).CopyTo(staged.bytes);
            values = values[(int)column.numel()..];
            column.copy_(staged);
        }
    }

    /// <summary>Joins the pieces of a tensor, one per column, into one merged tensor.</summary>
    internal static WeightTensor Gather(IReadOnlyList<Tensor> columns)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var dimensions = columns[0].shape.Select(dimension => (int)dimension).ToArray();
        dimensions[0] = columns.Sum(column => (int)column.shape[0]);
        var values = new float[columns.Sum(column => column.numel())];
        var rest = values.AsSpan();
        foreach (var column in columns)
        {
            MemoryMarshal.Cast<byte, float>(column.detach().cpu().contiguous().bytes).CopyTo(rest);
            rest = rest[(int)column.numel()..];
        }

        return new WeightTensor(dimensions, values);
    }

    private static (Parameter Weight, Parameter Bias) Weighted(nn.Module<Tensor, Tensor> module)
    {
        var parameters = module.named_parameters().ToArray();
        return (parameters.Single(entry => entry.name.EndsWith("weight", StringComparison.Ordinal)).parameter,
            parameters.Single(entry => entry.name.EndsWith("bias", StringComparison.Ordinal)).parameter);
    }
}
