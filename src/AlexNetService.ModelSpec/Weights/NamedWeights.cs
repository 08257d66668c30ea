using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Weights;

/// <summary>A weight's values, row-major.</summary>
/// <param name="Dimensions">Dimensions, slowest first.</param>
/// <param name="Values">As many values as the dimensions multiply to.</param>
public sealed record WeightTensor(IReadOnlyList<int> Dimensions, float[] Values);

/// <summary>
/// The merged network's weights by name (<c>conv1.weight</c>). Both columns are joined along the first dimension, the first
/// column's maps first, which is also how a grouped convolution orders its groups.
/// </summary>
public sealed class NamedWeights
{
    private readonly IReadOnlyDictionary<string, WeightTensor> tensors;

    /// <summary>Weights that fit a layer table.</summary>
    /// <param name="architecture">The table.</param>
    /// <param name="tensors">The weights by name.</param>
    /// <exception cref="ArchitectureException">A weight of the table is missing or has other dimensions.</exception>
    public NamedWeights(NetworkArchitecture architecture, IReadOnlyDictionary<string, WeightTensor> tensors)
    {
        foreach (var expected in architecture.Weights())
        {
            if (!tensors.TryGetValue(expected.Name, out var tensor))
            {
                throw new ArchitectureException($"Weight {expected.Name} of '{architecture.Preset}' is missing.");
            }

            if (!tensor.Dimensions.SequenceEqual(expected.Dimensions))
            {
                throw new ArchitectureException(
                    $"Weight {expected.Name} has dimensions [{string.Join(',', tensor.Dimensions)}] where '{architecture.Preset}' has [{string.Join(',', expected.Dimensions)}].");
            }
        }

        this.tensors = tensors;
    }

    /// <summary>A weight of the table.</summary>
    /// <param name="name">Its name, such as <c>fc6.bias</c>.</param>
    public WeightTensor this[string name] => tensors[name];
}
