using System.Text.Json;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Worker.Tests.Goldens;

/// <summary>
/// What torchvision's alexnet answers, written by torchvision_alexnet.py: names and dimensions of its weights, and its logits for two
/// crops. Weights and crops are computed here by the formula that the script uses.
/// </summary>
internal sealed record TorchvisionAnswer(TorchvisionAnswer.Weight[] Weights, float[][] Logits)
{
    private const int Side = 224;
    private const int Block = 16;
    private const uint CropSeed = 1000;

    public static TorchvisionAnswer Parse(Stream json) => JsonSerializer.Deserialize<TorchvisionAnswer>(json, JsonSerializerOptions.Web)
        ?? throw new InvalidOperationException("There is no answer of torchvision.");

    public static TorchvisionAnswer Golden()
    {
        using var stream = typeof(TorchvisionAnswer).Assembly.GetManifestResourceStream("torchvision-logits.json")
            ?? throw new InvalidOperationException("torchvision-logits.json is not embedded.");
        return Parse(stream);
    }

    /// <summary>The weights by torchvision's names.</summary>
    public Dictionary<string, WeightTensor> Tensors() => Weights.Select((weight, seed) => (weight, seed)).ToDictionary(
        pair => pair.weight.Name, pair => pair.weight.Fill((uint)pair.seed), StringComparer.Ordinal);

    /// <summary>The crops, [N,3,224,224]: blocks of one colour each.</summary>
    public byte[] Crops()
    {
        const int Blocks = Side / Block;
        var crops = new byte[Logits.Length * 3 * Side * Side];
        for (var i = 0; i < crops.Length; i++)
        {
            var (plane, row, column) = (i / (Side * Side), i / Side % Side / Block, i % Side / Block);
            crops[i] = (byte)Hash((uint)((((plane * Blocks) + row) * Blocks) + column), CropSeed);
        }

        return crops;
    }

    /// <summary>lowbias32 of i + seed · 0x9E3779B9 (Wellons, hash prospector).</summary>
    private static uint Hash(uint i, uint seed)
    {
        var x = i + (seed * 0x9E3779B9);
        x = (x ^ (x >> 16)) * 0x7FEB352D;
        x = (x ^ (x >> 15)) * 0x846CA68B;
        return x ^ (x >> 16);
    }

    internal sealed record Weight(string Name, int[] Dimensions)
    {
        public WeightTensor Fill(uint seed)
        {
            var values = new float[Dimensions.Aggregate(1, (product, dimension) => product * dimension)];
            var scale = Dimensions.Length > 1 ? (float)Math.Sqrt(6.0 / (values.Length / Dimensions[0])) : 0.1f;
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = ((int)(Hash((uint)i, seed) >> 8) - (1 << 23)) / (float)(1 << 23) * scale;
            }

            return new WeightTensor(Dimensions, values);
        }
    }
}
