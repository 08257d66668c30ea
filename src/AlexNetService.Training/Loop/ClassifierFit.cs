using AlexNetService.Training.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Fits a new classifier to the features of a trained network, which stay as they are (Donahue et al. 2014, DeCAF): multinomial logistic
/// regression. It is convex, so Nesterov's method with the step 1 / Lipschitz constant needs no learning rate, no seed and no held-out
/// photograph.
/// </summary>
internal static class ClassifierFit
{
    // More crops than this bring little: the fit only has to be a good start.
    private const int MostCrops = 20_000;
    private const int BatchSize = 64;

    // Decay of the weights on features of length 1, divided by the number of photographs: the prior counts as much for few as for many.
    private const double Decay = 0.1;

    // A budget of multiply-adds ends the fit of very large tables earlier.
    private const double MostMultiplyAdds = 2e12;
    private const int MostSteps = 300;
    private const int LeastSteps = 30;

    /// <summary>
    /// Computes the features of the photographs once, and fits a classifier to them: the weights of any network → those weights with a new
    /// classifier for the classes of the layer table. <paramref name="balanced"/> gives each class the same weight in the loss.
    /// </summary>
    public static NamedWeights Of(
        NamedWeights source,
        NetworkArchitecture table,
        Canvases training,
        ColourStatistics colours,
        bool balanced,
        ColumnPlacement placement,
        CancellationToken stop)
    {
        var classifier = (Classifier)table.Layers[^1];
        var tensors = table.Weights().ToDictionary(
            shape => shape.Name,
            shape => shape.Name.StartsWith(classifier.Name + ".", StringComparison.Ordinal)
                ? new WeightTensor(shape.Dimensions, new float[shape.Dimensions.Aggregate(1, (product, side) => product * side)])
                : source[shape.Name],
            StringComparer.Ordinal);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (features, labels) = Features(new NamedWeights(table, tensors), table, training, colours, placement, stop);
        var (weight, bias) = Fit(features, labels, classifier.Classes, balanced, Decay / training.Photographs.Count, stop);
        tensors[WeightShape.WeightOf(classifier.Name)] = Merged(weight, tensors[WeightShape.WeightOf(classifier.Name)].Dimensions);
        tensors[WeightShape.BiasOf(classifier.Name)] = Merged(bias, [classifier.Classes]);
        return new NamedWeights(table, tensors);
    }

    /// <summary>[crops,values] and [crops], of as many of the ten crops of each photograph as are affordable.</summary>
    private static (Tensor Features, Tensor Labels) Features(
        NamedWeights weights,
        NetworkArchitecture table,
        Canvases training,
        ColourStatistics colours,
        ColumnPlacement placement,
        CancellationToken stop)
    {
        using var network = new ColumnNetwork(table, placement);
        ColumnWeights.Load(network, weights);
        network.eval();
        var photographs = Math.Min(training.Photographs.Count, MostCrops);
        var ten = CropViews.Ten(table.Geometry);

        // The centre first, each followed by its mirror image.
        var views = Math.Min(ten.Length, MostCrops / photographs);
        CropWindow[] windows = [.. Enumerable.Range(0, views).Select(view => ten[(4 + (5 * view) + (view / 2)) % ten.Length])];
        var augmentation = new Augmentation(table.Geometry, colours, colourShift: 0);
        using var centring = new PixelCentring(colours, table.Geometry.Crop, placement);
        using var feed = new BatchFeed(BatchSize, table.Geometry.Crop, augmentation.Pixels, placement.UsesCuda);
        var crops = photographs * windows.Length;
        var (features, labels) = (new List<Tensor>(), new List<Tensor>());
        var batches = feed.Run(crops, augmentation.Windows(training, windows, photographs));
        foreach (var batch in MeasuringProgress.Over(batches, (crops + BatchSize - 1) / BatchSize, "features", "batches"))
        {
            stop.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            features.Add(network.Features(centring.Of(batch)).flatten(1).cpu().MoveToOuterDisposeScope());
            labels.Add(batch.Labels().clone().MoveToOuterDisposeScope());
        }

        return (cat([.. features], dim: 0), cat([.. labels], dim: 0));
    }

    private static (Tensor Weight, Tensor Bias) Fit(
        Tensor features, Tensor labels, int classes, bool balanced, double decay, CancellationToken stop)
    {
        var (crops, values) = (features.shape[0], features.shape[1]);

        // One scale for all values, so that the decay means the same for every network; a column of ones carries the bias.
        using var least = 1e-6.ToScalar();
        var mean = features.mean([0]);
        var centred = features - mean;
        var length = centred.mul(centred).sum(1).mean().sqrt().clamp_min(least);
        var inputs = cat([centred / length, ones(crops, 1)], dim: 1);
        var weights = PhotographWeights(labels, classes, balanced);
        var right = nn.functional.one_hot(labels, classes).to(ScalarType.Float32);
        using var step = Step(inputs, weights, decay).ToScalar();
        using var decayed = decay.ToScalar();
        var (current, ahead) = (zeros(values + 1, classes), zeros(values + 1, classes));
        var steps = (int)Math.Clamp(MostMultiplyAdds / (2.0 * crops * values * classes), LeastSteps, MostSteps);
        for (var i = 0; i < steps; i++)
        {
            stop.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var wrong = (nn.functional.softmax(inputs.mm(ahead), dim: 1) - right) * weights.unsqueeze(1);
            var gradient = inputs.t().mm(wrong).add(ahead, decayed);
            var next = ahead - gradient.mul(step);
            using var momentum = (i / (i + 3.0)).ToScalar();
            ahead.copy_(next.add(next - current, momentum));
            current.copy_(next);
        }

        var weight = current.narrow(0, 0, values) / length;
        var bias = current.select(0, values) - mean.matmul(weight);
        return (weight.t().contiguous(), bias);
    }

    /// <summary>[crops], whose sum is 1.</summary>
    private static Tensor PhotographWeights(Tensor labels, int classes, bool balanced)
    {
        var weights = balanced
            ? labels.bincount(null, classes).to(ScalarType.Float32).reciprocal().index_select(0, labels)
            : ones(labels.shape[0]);
        return weights / weights.sum();
    }

    /// <summary>
    /// 1 / Lipschitz constant of the gradient: half the largest eigenvalue of the inputs' second moments, plus the decay.
    /// </summary>
    private static double Step(Tensor inputs, Tensor weights, double decay)
    {
        var direction = ones(inputs.shape[1], 1);
        direction.div_(direction.norm());
        var largest = 0.0;
        for (var i = 0; i < 20; i++)
        {
            using var inner = NewDisposeScope();
            var image = inputs.t().mm(inputs.mm(direction) * weights.unsqueeze(1));
            var length = image.norm();
            largest = length.item<float>();
            direction.copy_(image / length);
        }

        // Power iteration approaches the eigenvalue from below.
        return 1 / ((0.55 * largest) + decay);
    }

    private static WeightTensor Merged(Tensor values, IReadOnlyList<int> dimensions) =>
        new(dimensions, MemoryMarshal.Cast<byte, float>(values.contiguous().bytes).ToArray());
}
