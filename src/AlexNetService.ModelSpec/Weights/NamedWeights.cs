namespace AlexNetService.ModelSpec.Weights;

/// <summary>A weight's values, row-major.</summary>
/// <param name="Dimensions">Dimensions, slowest first.</param>
/// <param name="Values">The values; their number is the product of the dimensions.</param>
public sealed record WeightTensor(IReadOnlyList<int> Dimensions, float[] Values)
{
    /// <summary>Largest number of dimensions that is read from a file.</summary>
    public const int MostDimensions = 8;
}

/// <summary>
/// The merged network's weights by name (<c>conv1.weight</c>). Both columns are joined along the first dimension, the first
/// column's maps first, which is also how a grouped convolution orders its groups.
/// </summary>
public sealed class NamedWeights
{
    private readonly IReadOnlyDictionary<string, WeightTensor> tensors;

    /// <summary>Creates the weights of a layer table.</summary>
    /// <exception cref="ArchitectureException">A weight is missing, or has other dimensions or another number of values.</exception>
    public NamedWeights(NetworkArchitecture architecture, IReadOnlyDictionary<string, WeightTensor> tensors)
    {
        this.tensors = tensors;
        RequireFit(architecture);
    }

    /// <summary>Whether every value is finite.</summary>
    public bool AreFinite => tensors.Values.All(tensor => Array.TrueForAll(tensor.Values, float.IsFinite));

    /// <summary>A weight of the table.</summary>
    /// <param name="name">Its name, such as <c>fc6.bias</c>.</param>
    public WeightTensor this[string name] => tensors[name];

    /// <summary>Checks that these weights fit a layer table.</summary>
    /// <exception cref="ArchitectureException">A weight is missing, or has other dimensions or another number of values.</exception>
    public void RequireFit(NetworkArchitecture architecture)
    {
        foreach (var (name, dimensions) in architecture.Weights())
        {
            var tensor = tensors.GetValueOrDefault(name);
            var reason = tensor is null ? $"of '{architecture.Preset}' is missing."
                : !tensor.Dimensions.SequenceEqual(dimensions)
                    ? $"has dimensions [{string.Join(',', tensor.Dimensions)}] "
                    + $"where '{architecture.Preset}' has [{string.Join(',', dimensions)}]."
                : dimensions.Aggregate(1L, (product, dimension) => product * dimension) is var expected && tensor.Values.Length != expected
                    ? $"has {tensor.Values.Length} values; its dimensions need {expected}."
                : null;
            if (reason is not null)
            {
                throw new ArchitectureException($"Weight {name} {reason}");
            }
        }
    }
}
