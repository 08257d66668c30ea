namespace AlexNetService.Onnx;

/// <summary>The graph of a package with some of its inner tensors as additional outputs, for tools that look inside a network.</summary>
public static class ObservedGraph
{
    /// <summary>Name of the output that gives a tensor's values.</summary>
    public static string OutputOf(string tensor) => tensor + ".observed";

    /// <summary>
    /// Reads the package's graph and adds outputs for named tensors, cast to 32-bit floats, whatever type the graph computes in. The
    /// weights stay in the package's file.
    /// </summary>
    /// <returns>A serialised ModelProto.</returns>
    /// <exception cref="InvalidPackageException">The graph has no such tensor, or is not an ONNX file.</exception>
    public static byte[] Of(ModelPackage package, IReadOnlyList<string> tensors)
    {
        var model = ModelFile.Read(package);
        var known = model.Graph.Node.SelectMany(node => node.Output).ToHashSet(StringComparer.Ordinal);
        if (tensors.FirstOrDefault(tensor => !known.Contains(tensor)) is { } missing)
        {
            throw new InvalidPackageException(package.Folder, $"the graph has no tensor '{missing}'.");
        }

        model.Graph.Node.AddRange(tensors.Select(tensor => OnnxNode.Cast(tensor, OutputOf(tensor), DataType.Float)));
        model.Graph.Output.AddRange(tensors.Select(tensor => ModelFile.Floats(OutputOf(tensor))));
        return model.ToByteArray();
    }
}
