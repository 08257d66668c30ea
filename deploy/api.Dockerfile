# The web service. Targets: cpu (default) and cuda.
#   docker build -f deploy/api.Dockerfile --target cpu  -t alexnet-api .
#   docker build -f deploy/api.Dockerfile --target cuda -t alexnet-api:cuda .
# With a list of what is inside: docker buildx build --sbom=true --provenance=true …
ARG DOTNET=10.0

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS restored
ARG ACCELERATOR=cpu
WORKDIR /source
# Versions first: as long as none of them changes, the packages come from the cache.
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props BannedSymbols.txt BannedSymbols.Scalars.txt ./
COPY src/AlexNetService.ModelSpec/*.csproj src/AlexNetService.ModelSpec/
COPY src/AlexNetService.Imaging/*.csproj src/AlexNetService.Imaging/
COPY src/AlexNetService.Inference/*.csproj src/AlexNetService.Inference/
COPY src/AlexNetService.OpenInference/*.csproj src/AlexNetService.OpenInference/
COPY src/AlexNetService.Api/*.csproj src/AlexNetService.Api/*.props src/AlexNetService.Api/

# Compiled ahead, a replica is ready in three quarters of the time.
FROM restored AS published-cpu
RUN dotnet restore src/AlexNetService.Api -r linux-x64 -p:PublishReadyToRun=true
COPY src/ src/
RUN dotnet publish src/AlexNetService.Api -c Release -r linux-x64 --no-restore --no-self-contained -p:PublishReadyToRun=true -o /app

# ONNX Runtime's CUDA provider needs CUDA 13's and cuDNN 9's libraries, which NVIDIA's image has and .NET's has not: .NET comes along instead.
FROM restored AS published-cuda
RUN dotnet restore src/AlexNetService.Api -r linux-x64 -p:Accelerator=cuda -p:PublishReadyToRun=true
COPY src/ src/
RUN dotnet publish src/AlexNetService.Api -c Release -r linux-x64 --no-restore --self-contained -p:Accelerator=cuda -p:PublishReadyToRun=true -o /app

# Needs a driver for CUDA 13 (580 or newer) and the NVIDIA Container Toolkit on the host.
FROM nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04 AS cuda
RUN apt-get update && apt-get install -y --no-install-recommends libicu74 && rm -rf /var/lib/apt/lists/*
LABEL org.opencontainers.image.title="AlexNetService (CUDA)" \
      org.opencontainers.image.description="Ensembles of AlexNets over HTTP, on NVIDIA GPUs" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=published-cuda /app ./
# A volume that is new and empty begins with the bundled packages.
COPY --from=published-cuda --chown=1654:1654 /app/models /models
ENV ASPNETCORE_HTTP_PORTS=8080 \
    Grpc__Url=http://*:8081 \
    ModelRepository__Path=/models \
    DOTNET_EnableDiagnostics=0 \
    Inference__Device=cuda:0 \
    Inference__RequireProvider=CUDAExecutionProvider \
    Drain__GraceSeconds=5
USER 1654:1654
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=6s --start-period=30s --retries=2 \
    CMD ["/app/AlexNetService.Api", "--health-check", "http://localhost:8080/health/ready"]
ENTRYPOINT ["/app/AlexNetService.Api"]

# No shell and no package manager; glibc and libstdc++ of Ubuntu 24.04, user 1654. Nothing is written: run it with --read-only.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble-chiseled AS cpu
LABEL org.opencontainers.image.title="AlexNetService" \
      org.opencontainers.image.description="Ensembles of AlexNets over HTTP" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=published-cpu /app ./
# A volume that is new and empty begins with the bundled packages.
COPY --from=published-cpu --chown=1654:1654 /app/models /models
ENV ASPNETCORE_HTTP_PORTS=8080 \
    Grpc__Url=http://*:8081 \
    ModelRepository__Path=/models \
    DOTNET_EnableDiagnostics=0 \
    Drain__GraceSeconds=5
USER 1654:1654
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=6s --start-period=30s --retries=2 \
    CMD ["dotnet", "AlexNetService.Api.dll", "--health-check", "http://localhost:8080/health/ready"]
ENTRYPOINT ["dotnet", "AlexNetService.Api.dll"]
