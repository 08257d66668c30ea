namespace AlexNetService.Onnx;

/// <summary>Reads the weights of a package back out of its graph, so that training can go on from them.</summary>
public static class PackageWeights
{
    /// <summary>Reads the weights of a package that this software exported: float32, fp16 or int8.</summary>
    /// <returns>
    /// The weights of the card's layer table in float32, and the mean that the graph subtracts: [3], or [3,crop,crop] for tables with a
    /// mean image. Weights of an int8 package are byte × scale, so each is at most half a step of its output away from the original.
    /// </returns>
    /// <exception cref="InvalidPackageException">The card has no layer table, or the graph lacks a weight of it.</exception>
    public static (NamedWeights Weights, float[] Mean) Read(ModelPackage package)
    {
        var architecture = package.Card.Architecture
            ?? throw new InvalidPackageException(
                package.Folder, "its card has no layer table, because other software made its graph. Name a package of 'alexnet export'.");
        try
        {
            var stored = new StoredWeights(package);
            var initialisers = ModelFile.Read(package).Graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            var weights = new NamedWeights(architecture, architecture.Weights().ToDictionary(
                shape => shape.Name,
                shape => new WeightTensor(shape.Dimensions, Values(initialisers, shape.Name, stored)),
                StringComparer.Ordinal));
            return (weights, stored.Floats(Find(initialisers, AlexNetGraph.MeanOf(architecture))));
        }
        catch (ArchitectureException e)
        {
            throw new InvalidPackageException(package.Folder, $"{package.Card.Graph.File} does not hold its layer table: {e.Message}", e);
        }
    }

    private static float[] Values(Dictionary<string, TensorProto> initialisers, string name, StoredWeights stored)
    {
        var tensor = Find(initialisers, name);
        return (DataType)tensor.DataType switch
        {
            DataType.Float => stored.Floats(tensor),
            DataType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(stored.Bytes(tensor)).ToArray().Select(value => (float)value)],
            DataType.Int8 => Scaled(MemoryMarshal.Cast<byte, sbyte>(stored.Bytes(tensor)).ToArray(), Scales()),
            DataType.Int32 => Scaled(MemoryMarshal.Cast<byte, int>(stored.Bytes(tensor)).ToArray(), Scales()),
            var type => throw new ArchitectureException($"the weight '{name}' is {type}."),
        };

        float[] Scales() => stored.Floats(Find(initialisers, Int8Rewriting.ScaleOf(name)));
    }

    private static TensorProto Find(Dictionary<string, TensorProto> initialisers, string name) =>
        initialisers.GetValueOrDefault(name) ?? throw new ArchitectureException($"there is no '{name}' in it.");

    /// <summary>Integers of [outputs, …] × the scale of their output.</summary>
    private static float[] Scaled<T>(T[] values, float[] scales)
        where T : IConvertible
    {
        var width = values.Length / scales.Length;
        return [.. values.Select((value, i) => value.ToSingle(null) * scales[i / width])];
    }
}
