namespace AlexNetService.ModelSpec.Architecture;

/// <summary>Name and dimensions of one weight of the merged network.</summary>
/// <param name="Name"><c>conv1.weight</c>, <c>conv1.bias</c>.</param>
/// <param name="Dimensions">
/// Convolution: [maps, maps a window reads, kernel, kernel]; dense: [units, inputs]; bias: [maps or units].
/// </param>
public sealed record WeightShape(string Name, IReadOnlyList<int> Dimensions)
{
    /// <summary>Name of a layer's weight.</summary>
    public static string WeightOf(string layer) => layer + ".weight";

    /// <summary>Name of a layer's bias.</summary>
    public static string BiasOf(string layer) => layer + ".bias";

    internal static IEnumerable<WeightShape> Of(LayerRow row)
    {
        if (row.Layer is not WeightedLayer layer)
        {
            yield break;
        }

        var perOutput = (int)(row.Parameters / layer.Outputs) - 1;
        yield return new WeightShape(WeightOf(layer.Name), layer is Convolution convolution
            ? [layer.Outputs, perOutput / (convolution.Kernel * convolution.Kernel), convolution.Kernel, convolution.Kernel]
            : [layer.Outputs, perOutput]);
        yield return new WeightShape(BiasOf(layer.Name), [layer.Outputs]);
    }
}
