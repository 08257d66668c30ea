using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Schema;
using Google.Protobuf;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx;

/// <summary>The graph of a package with some of its inner tensors as additional outputs, for tools that look inside a network.</summary>
public static class ObservedGraph
{
    /// <summary>Name of the output that gives a tensor's values.</summary>
    public static string OutputOf(string tensor) => tensor + ".observed";

    /// <summary>Reads the package's graph and adds outputs. The weights stay in the package's file.</summary>
    /// <param name="tensors">Names of tensors. Each is cast to 32-bit floats, whatever type the graph computes in.</param>
    /// <exception cref="InvalidPackageException">The graph has no such tensor, or is not an ONNX file.</exception>
    public static byte[] Of(ModelPackage package, IReadOnlyList<string> tensors)
    {
        try
        {
            using var stream = File.OpenRead(package.GraphPath);
            var model = ModelProto.Parser.ParseFrom(stream);
            var known = model.Graph.Node.SelectMany(node => node.Output).ToHashSet(StringComparer.Ordinal);
            foreach (var tensor in tensors)
            {
                if (!known.Contains(tensor))
                {
                    throw new InvalidPackageException(package.Folder, $"the graph has no tensor '{tensor}'.");
                }

                model.Graph.Node.Add(new NodeProto
                {
                    OpType = "Cast",
                    Name = OutputOf(tensor),
                    Input = { tensor },
                    Output = { OutputOf(tensor) },
                    Attribute = { NodeAttribute.Int("to", (int)DataType.Float) },
                });
                model.Graph.Output.Add(new ValueInfoProto
                {
                    Name = OutputOf(tensor),
                    Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
                });
            }

            return model.ToByteArray();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidPackageException(package.Folder, $"{package.Card.Graph.File} is not an ONNX file: {e.Message}", e);
        }
    }
}
