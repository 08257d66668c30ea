using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Onnx.Tests.Support;

/// <summary>Seeded numbers: weights that carry a signal through, pixels, activations.</summary>
internal sealed class Draws(int seed)
{
    private readonly Random random = new(seed);

    public float[] Uniform(long count, double from, double to)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(from + ((to - from) * random.NextSingle()));
        }

        return values;
    }

    public byte[] Pixels(int count)
    {
        var pixels = new byte[count];
        random.NextBytes(pixels);
        return pixels;
    }

    /// <summary>Zero mean, variance 2 / (values a unit reads): rectified signals neither die nor explode.</summary>
    public WeightTensor Weight(params int[] dimensions)
    {
        var reads = dimensions.Skip(1).Aggregate(1, (product, d) => product * d);
        var limit = Math.Sqrt(6.0 / reads);
        return new WeightTensor(dimensions, Uniform((long)reads * dimensions[0], -limit, limit));
    }

    public WeightTensor Bias(int outputs) => new([outputs], Uniform(outputs, -1, 1));

    public NamedWeights Weights(NetworkArchitecture architecture) => new(architecture, architecture.Weights().ToDictionary(
        shape => shape.Name,
        shape => shape.Dimensions is [var outputs] ? Bias(outputs) : Weight([.. shape.Dimensions])));
}
