namespace AlexNetService.Onnx.Graph;

/// <summary>Cuts a model in two at a tensor that all paths from the input lead through: the maps that crops share.</summary>
internal static class GraphCut
{
    /// <summary>The nodes that make a tensor.</summary>
    public static HashSet<NodeProto> Makers(GraphProto graph, string tensor)
    {
        var producers = WeightedNodes.Producers(graph);
        var makers = new HashSet<NodeProto>();
        var open = new Stack<string>([tensor]);
        while (open.TryPop(out var name))
        {
            if (producers.TryGetValue(name, out var node) && makers.Add(node))
            {
                foreach (var input in node.Input)
                {
                    open.Push(input);
                }
            }
        }

        return makers;
    }

    /// <summary>
    /// The trunk, from canvases or crops of one size to maps, and the rest, from the maps of crops to the outputs. The model does not
    /// change.
    /// </summary>
    public static (ModelProto, ModelProto) At(SplitGraph split, string pixels, ModelProto model)
    {
        var graph = model.Graph;
        var makers = Makers(graph, split.Maps);
        var pixelType = (DataType)graph.Input.Single(input => input.Name == pixels).Type.TensorType.ElemType;
        var mapType = split.Type switch
        {
            MapType.UInt8 => DataType.Uint8,
            MapType.Float16 => DataType.Float16,
            _ => DataType.Float,
        };
        var trunk = Part(model, ".trunk", makers.Contains);
        trunk.Graph.Input.Add(ModelFile.OpenMaps(
            pixels, pixelType, "RGB canvases or crops", NetworkArchitecture.Channels, "height", "width"));
        trunk.Graph.Output.Add(ModelFile.OpenMaps(
            split.Maps, mapType, $"one place for every {split.Step} pixels", split.Count, "rows", "columns"));
        var rest = Part(model, ".rest", node => !makers.Contains(node));
        rest.Graph.Input.Add(ModelFile.Value(
            split.Maps, mapType, "the crops' windows of the trunk's maps", split.Count, split.CropSide, split.CropSide));
        rest.Graph.Output.AddRange(graph.Output.Select(output => output.Clone()));
        return (trunk, rest);
    }

    private static ModelProto Part(ModelProto model, string suffix, Func<NodeProto, bool> isIn)
    {
        var (part, whole) = (model.Clone(), model.Graph);
        part.Graph = new GraphProto { Name = whole.Name + suffix, Node = { whole.Node.Where(isIn).Select(node => node.Clone()) } };
        var read = part.Graph.Node.SelectMany(node => node.Input).ToHashSet();
        part.Graph.Initializer.AddRange(whole.Initializer.Where(tensor => read.Contains(tensor.Name)));
        return part;
    }
}
