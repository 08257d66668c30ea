# The training worker: alexnet prepare, train, evaluate, export, quantize … Targets: cpu (default) and cuda.
#   docker build -f deploy/worker.Dockerfile --target cpu  -t alexnet-worker .
#   docker build -f deploy/worker.Dockerfile --target cuda -t alexnet-worker:cuda .
# With --build-arg TORCH=folder the cuda target has no libtorch: mount one of the same version, and name its folder in ALEXNET_LIBTORCH.
#   docker run --rm -v data:/data:ro -v models:/models alexnet-worker train --data /data/photographs.zip --output /models/.runs/first
ARG DOTNET=10.0

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS restored
WORKDIR /source
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props BannedSymbols.txt BannedSymbols.Scalars.txt ./
COPY src/AlexNetService.ModelSpec/*.csproj src/AlexNetService.ModelSpec/
COPY src/AlexNetService.Imaging/*.csproj src/AlexNetService.Imaging/
COPY src/AlexNetService.Inference/*.csproj src/AlexNetService.Inference/
COPY src/AlexNetService.Onnx/*.csproj src/AlexNetService.Onnx/
COPY src/AlexNetService.Training/*.csproj src/AlexNetService.Training/
COPY src/AlexNetService.Training/build/ src/AlexNetService.Training/build/
COPY src/AlexNetService.Laboratory/*.csproj src/AlexNetService.Laboratory/
COPY src/AlexNetService.Worker/*.csproj src/AlexNetService.Worker/

FROM restored AS published-cpu
RUN dotnet restore src/AlexNetService.Worker -r linux-x64
COPY src/ src/
RUN dotnet publish src/AlexNetService.Worker -c Release -r linux-x64 --no-restore --no-self-contained -o /app

# libtorch's package brings CUDA 12.8 along. ONNX Runtime stays that of the CPU: two versions of CUDA do not share a process.
FROM restored AS published-cuda
ARG TORCH=cuda
RUN dotnet restore src/AlexNetService.Worker -r linux-x64 -p:Torch=${TORCH}
COPY src/ src/
RUN dotnet publish src/AlexNetService.Worker -c Release -r linux-x64 --no-restore --no-self-contained -p:Torch=${TORCH} -o /app

# Needs a driver for CUDA 12.8 (570 or newer) and the NVIDIA Container Toolkit on the host.
FROM mcr.microsoft.com/dotnet/runtime:${DOTNET}-noble AS cuda
LABEL org.opencontainers.image.title="AlexNetService worker (CUDA)" \
      org.opencontainers.image.description="Trains, measures and exports AlexNets, on NVIDIA GPUs" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=published-cuda /app ./
ENV MALLOC_ARENA_MAX=1 \
    DOTNET_EnableDiagnostics=0 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Open MPI and ssh, for ranks in several containers.
RUN apt-get update && apt-get install -y --no-install-recommends openmpi-bin openssh-client openssh-server && rm -rf /var/lib/apt/lists/*
COPY deploy/mpi/ /etc/ssh/
RUN install -d -o 1654 -g 1654 /models
USER 1654:1654
ENTRYPOINT ["dotnet", "alexnet.dll"]

# Ubuntu 24.04's libstdc++ is newer than what libtorch was built with.
FROM mcr.microsoft.com/dotnet/runtime:${DOTNET}-noble AS cpu
LABEL org.opencontainers.image.title="AlexNetService worker" \
      org.opencontainers.image.description="Trains, measures and exports AlexNets" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=published-cpu /app ./
# One arena: columns' threads otherwise fault the same memory in again in every step.
ENV MALLOC_ARENA_MAX=1 \
    DOTNET_EnableDiagnostics=0
RUN apt-get update && apt-get install -y --no-install-recommends openmpi-bin openssh-client openssh-server && rm -rf /var/lib/apt/lists/*
COPY deploy/mpi/ /etc/ssh/
# A volume that is new and empty belongs to the user.
RUN install -d -o 1654 -g 1654 /models
USER 1654:1654
ENTRYPOINT ["dotnet", "alexnet.dll"]
